#include "exporter/page/health_series.h"

#include <algorithm>
#include <map>
#include <utility>

#include "exporter/labels/series_index.h"
#include "exporter/page/collector_health.h"

namespace exporter {
namespace {

constexpr std::string_view kReasonLabel = "err";

FamilyType TypeOf(HealthValue value) {
  if (value == HealthValue::kCollections) return FamilyType::kCounter;
  return value == HealthValue::kDurations ? FamilyType::kSummary : FamilyType::kGauge;
}

// One label set for each sample that the family may have.
std::vector<Labels> VariantsOf(HealthValue value) {
  if (value != HealthValue::kFailedWithReason) return {{}};
  std::vector<Labels> variants;
  for (std::size_t i = 0; i < kErrorKinds; ++i) {
    variants.push_back({{std::string(kReasonLabel), std::string(Name(static_cast<ErrorKind>(i)))}});
  }
  variants.push_back({{std::string(kReasonLabel), ""}});
  return variants;
}

// The sample after the policy; absent if it was dropped or split.
std::optional<Family> Applied(const HealthFamily& health, const Labels& labels,
                              const LabelPolicy& policy) {
  FamilySet set;
  auto& opened = set.Open(TypeOf(health.value), health.name, health.help);
  if (health.value == HealthValue::kDurations) {
    opened.Add(labels, SummaryValue{});
  } else {
    opened.Add(labels, 0);
  }
  Labelled result = policy.Apply(std::move(set).Take());
  if (result.families.size() != 1 || result.families[0].family.type() != TypeOf(health.value))
    return std::nullopt;
  return std::move(result.families[0].family);
}

Labels LabelsOf(const Family& family) {
  std::vector<LabelView> views;
  family.LabelsAt(0, views);
  Labels labels;
  for (const LabelView& view : views) labels.emplace_back(view.name, view.value);
  return labels;
}

HealthSeries MakeOne(const HealthFamily& health, const LabelPolicy& policy) {
  HealthSeries series{TypeOf(health.value), "", std::string(health.help), health.value, {}};
  for (const Labels& labels : VariantsOf(health.value)) {
    const std::optional<Family> family = Applied(health, labels, policy);
    if (family) series.name = family->name();
    series.labels.push_back(family ? std::optional(LabelsOf(*family)) : std::nullopt);
  }
  return series;
}

// The error kind of the last run as an index; kErrorKinds if it did not fail.
std::size_t ReasonOf(const CollectorHealth& health) {
  if (health.up || health.last_errors.empty()) return kErrorKinds;
  return static_cast<std::size_t>(health.last_errors.front().kind());
}

double CollectionsOf(const CollectorHealth& health) {
  double sum = 0;
  for (const std::uint64_t count : health.collections) sum += static_cast<double>(count);
  return sum;
}

double ValueOf(HealthValue value, const CollectorHealth& health) {
  switch (value) {
    case HealthValue::kUp:
      return health.up ? 1 : 0;
    case HealthValue::kDuration:
      return health.duration_seconds;
    case HealthValue::kCollections:
      return CollectionsOf(health);
    default:
      return ReasonOf(health) == kErrorKinds ? 0 : 1;
  }
}

// A family of several collectors while it is put together.
struct Gathered {
  Family family;
  SeriesIndex seen;
};

void AddTo(Gathered& gathered, const HealthSeries& series, const CollectorHealth& health) {
  const bool by_reason = series.value == HealthValue::kFailedWithReason;
  const auto& labels = series.labels[by_reason ? ReasonOf(health) : 0];
  if (!labels || series.type != gathered.family.type()) return;
  std::vector<LabelView> views;
  for (const auto& [name, value] : *labels) views.push_back({name, value});
  if (!gathered.seen.Insert(views, gathered.family, gathered.family.size())) return;
  if (series.value == HealthValue::kDurations) {
    gathered.family.Add(views, SummaryValue{{}, health.durations_seconds, CollectionsOf(health)});
  } else {
    gathered.family.Add(views, ValueOf(series.value, health));
  }
}

}  // namespace

std::vector<HealthSeries> MakeHealthSeries(std::span<const HealthFamily> families,
                                           const LabelPolicy& policy) {
  std::vector<HealthSeries> all;
  for (const HealthFamily& family : families) {
    HealthSeries series = MakeOne(family, policy);
    if (!series.name.empty()) all.push_back(std::move(series));
  }
  return all;
}

std::vector<Family> HealthFamilies(const std::vector<CollectorHealth>& collectors) {
  std::map<std::string, Gathered> by_name;
  for (const CollectorHealth& health : collectors) {
    for (const HealthSeries& series : *health.health_series) {
      auto& gathered =
          by_name
              .try_emplace(series.name, Gathered{Family(series.type, series.name, series.help), {}})
              .first->second;
      AddTo(gathered, series, health);
    }
  }
  std::vector<Family> families;
  for (auto& [name, gathered] : by_name) {
    if (!gathered.family.empty()) families.push_back(std::move(gathered.family));
  }
  return families;
}

}  // namespace exporter
