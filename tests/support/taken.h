// What a FamilySet holds, in prometheus-cpp's types, whose fields tests can look at.
#pragma once

#include <prometheus/metric_family.h>

#include <optional>
#include <string>
#include <vector>

#include "exporter/seam/family_set.h"

namespace exporter::testing {

struct Taken {
  prometheus::MetricFamily family;
  std::optional<SteadyTime> expires_at;
};

// Without the bucket +Inf, which is the count.
prometheus::MetricFamily ToPrometheus(const Family& family);
std::vector<Taken> TakenFrom(FamilySet&& families);

// What the label policy leaves of them; each histogram and summary is an empty one of count 2.
FamilySet Judged(FamilySet&& families);
// The page of one collector with these families.
std::string PageOf(std::vector<TimedFamily> families);

// In the text format.
std::string Rendered(const prometheus::MetricFamily& family);
std::string Rendered(FamilySet&& families);

}  // namespace exporter::testing
