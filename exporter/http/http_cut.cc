#include "exporter/http/http_cut.h"

#include "exporter/seam/log.h"

namespace exporter {
namespace {

constexpr std::chrono::minutes kBetweenLines{1};

}  // namespace

void HttpCutLog::Add(std::string_view handler, HttpCut reason, std::size_t sent, std::size_t size,
                     SteadyTime now) {
  const auto answers = Due(handler, reason, now);
  if (!answers) return;
  Log(reason == HttpCut::kStop ? LogLevel::kInfo : LogLevel::kWarn, "an answer was cut",
      {{"handler", std::string(handler)},
       {"reason", std::string(Name(reason))},
       {"sent_bytes", std::to_string(sent)},
       {"of_bytes", std::to_string(size)},
       {"answers", std::to_string(*answers)}});
}

std::optional<std::size_t> HttpCutLog::Due(std::string_view handler, HttpCut reason,
                                           SteadyTime now) {
  MutexLock lock(mutex_);
  Past& past = past_[{std::string(handler), reason}];
  ++past.since;
  if (past.logged_at && now - *past.logged_at < kBetweenLines) return std::nullopt;
  past.logged_at = now;
  return std::exchange(past.since, 0);
}

}  // namespace exporter
