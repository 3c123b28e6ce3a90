#include "collectors/sql/metric_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace collectors {
namespace {

using prometheus::MetricType;

std::string_view NameOf(MetricType type) {
  switch (type) {
    case MetricType::Counter:
      return "a counter";
    case MetricType::Histogram:
      return "a histogram";
    case MetricType::Untyped:
      return "untyped";
    default:
      return "a gauge";
  }
}

}  // namespace

std::string MetricNames::Add(const SqlMetric& metric) {
  if (const auto* const named = std::get_if<NamedSample>(&metric.shape)) {
    return AddNamed(metric, named->prefix);
  }
  const auto [type, is_new] = types_.emplace(metric.name, metric.type);
  if (!is_new && type->second != metric.type) {
    return fmt::format("{} is {} in one place and {} in another", metric.name, NameOf(type->second),
                       NameOf(metric.type));
  }
  for (std::string& line : LineNames(metric)) {
    const auto [owner, is_free] = owners_.emplace(line, metric.name);
    if (!is_free && owner->second != metric.name) {
      return fmt::format("the histogram {} has {} too",
                         owner->second == line ? metric.name : owner->second, line);
    }
    taken_.insert(std::move(line));
  }
  if (AddSeries(metric)) return "";
  return fmt::format("{} is there twice with the same labels; give one of them constant_labels",
                     metric.name);
}

// If one prefix begins with the other, rows of both may give the same name.
std::string MetricNames::AddNamed(const SqlMetric& metric, const std::string& prefix) {
  for (const auto& [other, type] : prefixes_) {
    const bool overlap = other.starts_with(prefix) || prefix.starts_with(other);
    if (overlap && (other != prefix || type != metric.type)) {
      return fmt::format(
          "{}* and {} may give one name to two metrics; give name_from a prefix of "
          "its own, or the same prefix and type",
          other, metric.name);
    }
  }
  prefixes_.emplace(prefix, metric.type);
  if (AddSeries(metric)) return "";
  return fmt::format("{} is there twice with the same labels; give one of them constant_labels",
                     metric.name);
}

bool MetricNames::AddSeries(const SqlMetric& metric) {
  std::set<std::string> labels(metric.labels.begin(), metric.labels.end());
  if (const auto* const columns = std::get_if<ColumnSamples>(&metric.shape)) {
    labels.insert(columns->label);
  }
  exporter::Labels constant = metric.constant_labels;
  std::ranges::sort(constant);
  return series_.emplace(metric.name, std::move(constant), std::move(labels)).second;
}

}  // namespace collectors
