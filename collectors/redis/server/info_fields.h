#pragma once

#include <prometheus/metric_type.h>

#include <span>
#include <string_view>

namespace collectors {

// A numeric field of INFO and its metric. The metric's value is the field's value divided by
// `divisor`. "ok" counts as 1, "err" and "fail" as 0.
struct InfoField {
  std::string_view field;
  std::string_view metric;
  prometheus::MetricType type;
  double divisor;
  std::string_view help;
};

// Returns all fields, in the order of INFO. Names and types are those of oliver006/redis_exporter
// (exporter/exporter.go), including the odd ones, so that its dashboards work unchanged.
std::span<const InfoField> InfoFields();
// Returns the fields that modules add to INFO modules.
std::span<const InfoField> ModuleFields();

}  // namespace collectors
