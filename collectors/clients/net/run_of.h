#pragma once

namespace collectors {

// Guards one run over a session: calls its EndRun() when the run ends, also after an exception.
template <typename Session>
class RunOf {
 public:
  explicit RunOf(Session& session) : session_(session) {}
  ~RunOf() { session_.EndRun(); }
  RunOf(const RunOf&) = delete;
  RunOf& operator=(const RunOf&) = delete;

 private:
  Session& session_;
};

}  // namespace collectors
