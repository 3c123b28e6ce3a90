#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "exporter/seam/deadline.h"
#include "exporter/seam/mutex.h"

namespace exporter {

// Why an answer that had begun was not sent whole.
enum class HttpCut {
  kClient,    // Its client has gone.
  kDeadline,  // Its client took longer than an answer of its size may.
  kSlow,      // Its client was the slowest when a bound was reached.
  kStop,      // The server stops.
};
constexpr std::string_view kHttpCutReasons[] = {"client", "deadline", "slow", "stop"};
constexpr std::string_view Name(HttpCut cut) {
  return kHttpCutReasons[static_cast<std::size_t>(cut)];
}

// Logs that answers were cut: the first of a handler and reason, and then one a
// minute at most, so that clients who never read do not fill the log. Safe from
// any thread.
class HttpCutLog {
 public:
  void Add(std::string_view handler, HttpCut reason, std::size_t sent, std::size_t size,
           SteadyTime now);
  // How many were cut since the last line, this one included, if a line is due.
  std::optional<std::size_t> Due(std::string_view handler, HttpCut reason, SteadyTime now);

 private:
  struct Past {
    std::optional<SteadyTime> logged_at;
    std::size_t since = 0;
  };

  Mutex mutex_;
  std::map<std::pair<std::string, HttpCut>, Past> past_ GUARDED_BY(mutex_);
};

}  // namespace exporter
