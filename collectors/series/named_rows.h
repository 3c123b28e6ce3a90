#pragma once

#include "collectors/clients/sql/rows.h"
#include "collectors/series/sql_metric.h"

namespace collectors {

// A row a sample of the metric that it names. A row is left out, with a problem,
// whose name is no metric name, begins as the exporter's own, or is another
// metric's. Throws CollectError where a column is missing, and of kind kLimit
// where the rows name more than 1,000 metrics.
MappedSamples MapShape(const Rows& rows, const SqlMetric& metric, const NamedSample& shape);

}  // namespace collectors
