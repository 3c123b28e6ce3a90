#include "exporter/config/common_keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "exporter/config/duration.h"
#include "exporter/config/relabel_reader.h"

namespace exporter {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kMostSeries = 10'000'000;

// A duration of a collector, and the reader that it came from.
struct Given {
  milliseconds value;
  bool own = false;
};

std::string Text(const Given& given) {
  return FormatDuration(given.value) + (given.own ? "" : " of global or by default");
}

Given Settle(const std::optional<milliseconds>& own, const std::optional<milliseconds>& global,
             milliseconds fallback) {
  if (own) return {*own, true};
  return {global.value_or(fallback), false};
}

// Notes `message` at `key` if the collector has that key, else at its interval, else in `global`:
// at the later of the two keys that do not fit.
void NoteTimes(const std::string& key, const std::string& message, YamlReader& reader,
               YamlReader& global_reader) {
  if (reader.Has(key)) return reader.Problem(key, message);
  if (reader.Has("interval")) return reader.Problem("interval", message);
  global_reader.Problem(global_reader.Has(key) ? key : "interval", message);
}

}  // namespace

CommonKeys ReadCommonKeys(YamlReader& reader) {
  CommonKeys keys;
  keys.interval = reader.Duration("interval");
  keys.timeout = reader.Duration("timeout");
  keys.stale_after = reader.Duration("stale_after");
  keys.good = keys.interval.has_value() == reader.Has("interval") &&
              keys.timeout.has_value() == reader.Has("timeout") &&
              keys.stale_after.has_value() == reader.Has("stale_after");
  if (keys.interval && *keys.interval < kShortestInterval) {
    reader.Problem("interval", "interval must be at least " + FormatDuration(kShortestInterval));
    keys.good = false;
  }
  keys.labels = reader.LabelMap("labels");
  for (const auto& [name, value] : keys.labels) {
    // A histogram or a summary that has such a label itself could not be shown.
    if (name == "le" || name == "quantile")
      reader.Problem("labels", "a label cannot be named " + name +
                                   ": histograms and summaries need it for themselves");
  }
  if (reader.Has("max_series")) {
    keys.max_series = static_cast<std::size_t>(reader.Integer("max_series", 1, 1, kMostSeries));
  }
  keys.rules = ReadRelabelRules(reader, "metric_relabel_configs");
  return keys;
}

JobSettings SettleTimes(const CommonKeys& own, const CommonKeys& global, YamlReader& reader,
                        YamlReader& global_reader) {
  const JobSettings defaults;
  const Given interval = Settle(own.interval, global.interval, defaults.interval);
  const Given timeout =
      Settle(own.timeout, global.timeout, std::min(defaults.timeout, interval.value));
  const Given stale_after = Settle(own.stale_after, global.stale_after, 3 * interval.value);
  if (own.good && global.good) {
    if (timeout.value > interval.value) {
      NoteTimes("timeout",
                fmt::format("the timeout ({}) is longer than the interval ({})", Text(timeout),
                            Text(interval)),
                reader, global_reader);
    }
    if (stale_after.value < interval.value) {
      NoteTimes("stale_after",
                fmt::format("stale_after ({}) is shorter than the interval ({}): the series would "
                            "be gone between two collections",
                            Text(stale_after), Text(interval)),
                reader, global_reader);
    }
  }
  JobSettings settings;
  settings.interval = interval.value;
  settings.timeout = timeout.value;
  settings.stale_after = stale_after.value;
  settings.own_stale_after = own.stale_after || global.stale_after;
  return settings;
}

LabelPolicy SettlePolicy(const CommonKeys& own, const CommonKeys& global, std::string prefix) {
  LabelPolicy policy;
  policy.labels = own.labels;
  for (const auto& label : global.labels) {
    const bool overridden =
        std::any_of(own.labels.begin(), own.labels.end(),
                    [&](const auto& mine) { return mine.first == label.first; });
    if (!overridden) policy.labels.push_back(label);
  }
  std::erase_if(policy.labels, [](const auto& label) { return label.second.empty(); });
  policy.prefix = std::move(prefix);
  policy.rules = own.rules;
  policy.rules.insert(policy.rules.end(), global.rules.begin(), global.rules.end());
  policy.max_series = own.max_series.value_or(global.max_series.value_or(policy.max_series));
  return policy;
}

}  // namespace exporter
