#include "collectors/series/sql_metric.h"

namespace collectors {
namespace {

using exporter::SeriesId;

constexpr const char* kAnyValue = "*";

SeriesId With(SeriesId series, const std::string& label, const std::string& value) {
  series.labels.emplace_back(label, value);
  return series;
}

}  // namespace

std::vector<std::string> LineNames(const SqlMetric& metric) {
  if (metric.type != prometheus::MetricType::Histogram) return {metric.name};
  return {metric.name, metric.name + "_bucket", metric.name + "_count", metric.name + "_sum"};
}

std::vector<SeriesId> ClaimsOf(const SqlMetric& metric) {
  if (std::holds_alternative<NamedSample>(metric.shape)) return {};
  std::vector<SeriesId> claims;
  for (std::string& name : LineNames(metric)) {
    SeriesId series{std::move(name), metric.constant_labels};
    for (const std::string& label : metric.labels) series.labels.emplace_back(label, kAnyValue);
    if (series.name == metric.name + "_bucket") series = With(std::move(series), "le", kAnyValue);
    claims.push_back(std::move(series));
  }
  const auto* const columns = std::get_if<ColumnSamples>(&metric.shape);
  if (columns == nullptr) return claims;
  std::vector<SeriesId> by_column;
  for (const std::string& column : columns->columns) {
    by_column.push_back(With(claims.front(), columns->label, column));
  }
  return by_column;
}

}  // namespace collectors
