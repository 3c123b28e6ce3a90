#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "exporter/labels/label_policy.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/family.h"

namespace exporter {

struct CollectorHealth;

// A health family of one collector, after its labels and relabelling, without the values.
struct HealthSeries {
  FamilyType type;
  std::string name;
  std::string help;
  HealthValue value;
  // The labels of each possible sample: one; for kFailedWithReason one for each ErrorKind in their
  // order, and a last one without a reason. Absent if a rule drops the sample.
  std::vector<std::optional<Labels>> labels;
};

// Families that a rule drops completely are left out.
std::vector<HealthSeries> MakeHealthSeries(std::span<const HealthFamily> families,
                                           const LabelPolicy& policy);

// The health families of all collectors (redis_up, pg_up), by name. If two collectors have the same
// series, the first one's is shown.
std::vector<Family> HealthFamilies(const std::vector<CollectorHealth>& collectors);

}  // namespace exporter
