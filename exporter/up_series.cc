#include "exporter/up_series.h"

#include <utility>

#include "exporter/exposition.h"

namespace exporter {

UpSeries MakeUpSeries(const UpFamily& up, const LabelPolicy& policy) {
  if (up.name.empty()) return {};
  FamilySet set;
  set.Gauge(up.name, up.help).Add(0);
  const LabelPolicy::Result result = policy.Apply(std::move(set).Take());
  if (result.families.empty()) return {};
  const auto& family = result.families.front().family;
  UpSeries series{family.name, "", ""};
  AppendHeader(series.header, family);
  AppendMetric(series.sample, family, family.metric.front());
  series.sample.resize(series.sample.size() - 2);  // Without "0\n".
  return series;
}

}  // namespace exporter
