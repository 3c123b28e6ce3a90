#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "exporter/config/job.h"
#include "exporter/config/yaml_reader.h"

namespace exporter {

inline constexpr std::chrono::milliseconds kShortestInterval{100};

// The keys that `global` and every collector have, as far as they are given.
struct CommonKeys {
  std::optional<std::chrono::milliseconds> interval;
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::chrono::milliseconds> stale_after;
  Labels labels;
  std::optional<std::size_t> max_series;
  std::vector<std::shared_ptr<const RelabelRule>> rules;
  bool good = true;  // False: a duration is wrong, and says so already.
};

CommonKeys ReadCommonKeys(YamlReader& reader);

// What holds for one collector, its own keys before the global ones. Notes
// where timeout, interval and stale_after do not fit each other, at the key of
// the collector that is at fault, else at the one of `global`.
JobSettings SettleTimes(const CommonKeys& own, const CommonKeys& global, YamlReader& reader,
                        YamlReader& global_reader);

// The label policy of one collector: labels merge by key, the collector's win,
// and an empty one takes a global label off; its rules run before the global ones.
LabelPolicy SettlePolicy(const CommonKeys& own, const CommonKeys& global, std::string prefix);

}  // namespace exporter
