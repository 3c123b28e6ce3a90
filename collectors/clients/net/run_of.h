#pragma once

namespace collectors {

// One run over a session: tells the session when it has ended, however it ends.
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
