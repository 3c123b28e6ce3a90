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

// Why an answer was not sent completely.
enum class HttpCut {
  kClient,    // The client closed the connection.
  kDeadline,  // The client took longer than an answer of this size may take.
  kSlow,      // The client was the slowest when a bound was reached.
  kStop,      // The server stops.
};
constexpr std::string_view kHttpCutReasons[] = {"client", "deadline", "slow", "stop"};
constexpr std::string_view Name(HttpCut cut) {
  return kHttpCutReasons[static_cast<std::size_t>(cut)];
}

// Logs cut answers: the first for each handler and reason, then at most one a minute, so that
// clients that never read do not fill the log. Safe from any thread.
class HttpCutLog {
 public:
  void Add(std::string_view handler, HttpCut reason, std::size_t sent, std::size_t size,
           SteadyTime now);
  // If a line is due, the number of cut answers since the last line, including this one.
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
