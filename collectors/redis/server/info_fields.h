#pragma once

#include <prometheus/metric_type.h>

#include <span>
#include <string_view>

namespace collectors {

// A field of INFO that is one number, and the metric that it becomes: its value divided
// by `divisor`. "ok" counts as 1; "err" and "fail" count as 0.
struct InfoField {
  std::string_view field;
  std::string_view metric;
  prometheus::MetricType type;
  double divisor;
  std::string_view help;
};

// All of them, in the order of INFO. Names and types are those of
// oliver006/redis_exporter (exporter/exporter.go), its odd ones included: a
// dashboard written for it must find the same.
std::span<const InfoField> InfoFields();
// Those that modules add in INFO modules.
std::span<const InfoField> ModuleFields();

}  // namespace collectors
