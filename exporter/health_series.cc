#include "exporter/health_series.h"

#include <utility>

#include "exporter/exposition.h"
#include "exporter/snapshot_store.h"

namespace exporter {
namespace {

using prometheus::MetricType;

constexpr std::string_view kReasonLabel = "err";

MetricType TypeOf(HealthValue value) {
  if (value == HealthValue::kCollections) return MetricType::Counter;
  return value == HealthValue::kDurations ? MetricType::Summary : MetricType::Gauge;
}

// One label set for each line that the family may have.
std::vector<Labels> VariantsOf(HealthValue value) {
  if (value != HealthValue::kFailedWithReason) return {{}};
  std::vector<Labels> variants;
  for (std::size_t i = 0; i < kErrorKinds; ++i) {
    variants.push_back({{std::string(kReasonLabel), std::string(Name(static_cast<ErrorKind>(i)))}});
  }
  variants.push_back({{std::string(kReasonLabel), ""}});
  return variants;
}

// The texts up to the values of "a 0\nb 0\n".
void AppendSamples(const std::string& lines, std::vector<std::string>& samples) {
  for (std::size_t begin = 0; begin < lines.size();) {
    const std::size_t end = lines.find('\n', begin);
    samples.push_back(lines.substr(begin, end - begin - 1));
    begin = end + 1;
  }
}

HealthSeries MakeOne(const HealthFamily& health, const LabelPolicy& policy) {
  HealthSeries series{"", "", health.value, {}};
  for (const Labels& labels : VariantsOf(health.value)) {
    FamilySet set;
    auto& opened = set.Open(TypeOf(health.value), health.name, health.help);
    if (health.value == HealthValue::kDurations) {
      opened.Add(labels, prometheus::ClientMetric::Summary{});
    } else {
      opened.Add(labels, 0);
    }
    const LabelPolicy::Result result = policy.Apply(std::move(set).Take());
    if (result.families.empty()) {
      series.samples.emplace_back();
      continue;
    }
    const auto& family = result.families.front().family;
    series.name = family.name;
    series.header.clear();
    AppendHeader(series.header, family);
    std::string lines;
    AppendMetric(lines, family, family.metric.front());
    AppendSamples(lines, series.samples);
  }
  return series;
}

// The kind of the last run's failure as an index; kErrorKinds for none.
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
    case HealthValue::kDurations:
      return health.durations_seconds;
    case HealthValue::kCollections:
      return CollectionsOf(health);
    default:
      return ReasonOf(health) == kErrorKinds ? 0 : 1;
  }
}

void AppendLine(std::string& out, const std::string& sample, double value) {
  if (sample.empty()) return;
  out += sample;
  AppendNumber(out, value);
  out += '\n';
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

std::string LinesOfHealth(const HealthSeries& series, const CollectorHealth& health) {
  std::string lines;
  const bool by_reason = series.value == HealthValue::kFailedWithReason;
  const std::size_t line = by_reason ? ReasonOf(health) : 0;
  AppendLine(lines, series.samples[line], ValueOf(series.value, health));
  if (series.value == HealthValue::kDurations) {
    AppendLine(lines, series.samples[1], CollectionsOf(health));
  }
  return lines;
}

}  // namespace exporter
