#include "exporter/run/run_log.h"

#include <utility>

#include "exporter/seam/log.h"

namespace exporter {

RunLog::RunLog(std::string collector, std::string type)
    : collector_(std::move(collector)), type_(std::move(type)) {}

void RunLog::Failed(const CollectError& error) {
  // Nothing is known of its parts while the whole run fails: they keep their state.
  const std::set<ErrorKind> now = {error.kind()};
  if (std::exchange(failing_[""], now) == now) return;
  Log(LogLevel::kError, "collection failed",
      {{"collector", collector_},
       {"type", type_},
       {"reason", std::string(Name(error.kind()))},
       {"error", error.what()}});
}

void RunLog::Succeeded(const std::vector<CollectError>& problems) {
  std::map<std::string, std::set<ErrorKind>> now;
  for (const CollectError& problem : problems) {
    const bool is_first = now[problem.part()].insert(problem.kind()).second;
    const auto before = failing_.find(problem.part());
    const bool was_known = before != failing_.end() && before->second.contains(problem.kind());
    if (!is_first || was_known) continue;
    Log(LogLevel::kWarn, "part of a collection failed",
        {{"collector", collector_},
         {"type", type_},
         {"part", problem.part()},
         {"reason", std::string(Name(problem.kind()))},
         {"error", problem.what()}});
  }
  for (const auto& [part, kinds] : failing_) {
    if (now.contains(part)) continue;
    if (part.empty()) {
      Log(LogLevel::kInfo, "collection works again", {{"collector", collector_}, {"type", type_}});
    } else {
      Log(LogLevel::kInfo, "part works again",
          {{"collector", collector_}, {"type", type_}, {"part", part}});
    }
  }
  failing_ = std::move(now);
}

void RunLog::Shown(const LeftOut& left_out) {
  ShownCut(left_out);
  ShownInvalid(left_out);
}

void RunLog::ShownCut(const LeftOut& left_out) {
  const bool was_cut = std::exchange(is_cut_, left_out.dropped.limit > 0);
  if (was_cut == is_cut_) return;
  if (is_cut_) {
    Log(LogLevel::kWarn, "there are more series than max_series: the rest is not shown",
        {{"collector", collector_},
         {"type", type_},
         {"dropped", std::to_string(left_out.dropped.limit)},
         {"cut", Describe(left_out.cut)}});
  } else {
    Log(LogLevel::kInfo, "all series are shown again",
        {{"collector", collector_}, {"type", type_}});
  }
}

void RunLog::ShownInvalid(const LeftOut& left_out) {
  const bool was_invalid = std::exchange(is_invalid_, left_out.dropped.invalid > 0);
  if (was_invalid == is_invalid_) return;
  if (is_invalid_) {
    Log(LogLevel::kWarn, "some samples cannot be shown",
        {{"collector", collector_},
         {"type", type_},
         {"dropped", std::to_string(left_out.dropped.invalid)},
         {"for_example", left_out.invalid_example}});
  } else {
    Log(LogLevel::kInfo, "all samples can be shown again",
        {{"collector", collector_}, {"type", type_}});
  }
}

}  // namespace exporter
