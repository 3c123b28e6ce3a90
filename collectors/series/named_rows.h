#pragma once

#include "collectors/clients/sql/rows.h"
#include "collectors/series/sql_metric.h"

namespace collectors {

// Maps each row to a sample of the metric that the row names. Leaves out a row, with a problem, if
// its name is not a metric name, begins like the exporter's own metrics, or belongs to another
// metric. Throws CollectError if a column is missing, and of kind kLimit if the rows name more than
// 1,000 metrics.
MappedSamples MapShape(const Rows& rows, const SqlMetric& metric, const NamedSample& shape);

}  // namespace collectors
