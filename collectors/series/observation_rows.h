#pragma once

#include "collectors/clients/sql/rows.h"
#include "collectors/series/sql_metric.h"

namespace collectors {

// A row an observation. NULL is none; NaN and a text that is no number are left
// out with a problem. A series with nothing but these has no value. Throws
// CollectError where a column is missing, and of kind kLimit where the answer
// makes more than a million buckets.
MappedSamples MapShape(const Rows& rows, const SqlMetric& metric, const RowObservation& shape);

}  // namespace collectors
