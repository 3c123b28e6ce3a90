#pragma once

#include "collectors/clients/sql/rows.h"
#include "collectors/series/sql_metric.h"

namespace collectors {

// Maps each row to an observation. NULL is not an observation. NaN and texts that are not numbers
// are left out, with a problem. A series with nothing else has no value. Throws CollectError if a
// column is missing, and of kind kLimit if the result makes more than a million buckets.
MappedSamples MapShape(const Rows& rows, const SqlMetric& metric, const RowObservation& shape);

}  // namespace collectors
