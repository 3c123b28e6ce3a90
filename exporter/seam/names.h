#pragma once

#include <string_view>

namespace exporter {

// Names as in Prometheus's data model before UTF-8 names:
// https://prometheus.io/docs/concepts/data_model/

// [a-zA-Z_:][a-zA-Z0-9_:]*
bool IsMetricName(std::string_view name);
// [a-zA-Z_][a-zA-Z0-9_]*
bool IsLabelName(std::string_view name);
// Whether the label name begins with `__`, which Prometheus keeps for itself: relabelling rules may
// use such labels, samples may not have them.
bool IsInternalName(std::string_view name);
// Whether a sample may have such a label: IsLabelName, and not IsInternalName.
bool IsSampleLabelName(std::string_view name);
// Whether the metric name begins like the exporter's own metrics. Such samples of a collector are
// dropped as invalid.
bool IsReservedName(std::string_view name);

}  // namespace exporter
