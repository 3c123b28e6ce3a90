#pragma once

#include <span>
#include <string>
#include <vector>

#include "exporter/collector.h"
#include "exporter/label_policy.h"

namespace exporter {

struct CollectorHealth;

// A health family of one collector after its labels and relabelling: all that
// is known before its values.
struct HealthSeries {
  std::string name;
  std::string header;  // HELP and TYPE lines.
  HealthValue value;
  // The lines up to their values, as "redis_up{shop=\"a\"} ": one; of kDurations
  // the sum's and the count's; of kFailedWithReason one for each ErrorKind in
  // their order and a last one for none. A rule may have dropped any of them: empty.
  std::vector<std::string> samples;
};

// Those that a rule drops whole are left out.
std::vector<HealthSeries> MakeHealthSeries(std::span<const HealthFamily> families,
                                           const LabelPolicy& policy);

// Their lines as that health has them; nothing of a line that is dropped.
std::string LinesOfHealth(const HealthSeries& series, const CollectorHealth& health);

}  // namespace exporter
