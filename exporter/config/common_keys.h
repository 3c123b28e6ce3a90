#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "exporter/config/job.h"
#include "exporter/config/yaml_reader.h"

namespace exporter {

inline constexpr std::chrono::milliseconds kShortestInterval{100};

// The keys that both `global` and a collector may have; absent if not given.
struct CommonKeys {
  std::optional<std::chrono::milliseconds> interval;
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::chrono::milliseconds> stale_after;
  Labels labels;
  std::optional<std::size_t> max_series;
  std::vector<std::shared_ptr<const RelabelRule>> rules;
  bool good = true;  // False if a duration is wrong; that is noted already.
};

CommonKeys ReadCommonKeys(YamlReader& reader);

// The settings of one collector: its own keys win over the global ones. If timeout, interval and
// stale_after do not fit each other, a problem is noted at the collector's key at fault, or else at
// that of `global`.
JobSettings SettleTimes(const CommonKeys& own, const CommonKeys& global, YamlReader& reader,
                        YamlReader& global_reader);

// The label policy of one collector. Its labels win over the global ones; an empty label removes a
// global one. Its rules run before the global ones.
LabelPolicy SettlePolicy(const CommonKeys& own, const CommonKeys& global, std::string prefix);

}  // namespace exporter
