#pragma once

#include <string>

#include "exporter/collector.h"
#include "exporter/label_policy.h"

namespace exporter {

// A collector's up-gauge after its labels: all that is known before its value.
// `name` is empty where the type has none, or where a rule drops it.
struct UpSeries {
  std::string name;
  std::string header;  // HELP and TYPE lines.
  std::string sample;  // The line up to its value: "redis_up{shop=\"a\"} ".
};

UpSeries MakeUpSeries(const UpFamily& up, const LabelPolicy& policy);

}  // namespace exporter
