#pragma once

#include "collectors/clients/sql/rows.h"
#include "collectors/series/sql_metric.h"

namespace collectors {

// Maps rows to histograms, one row per bucket, in any order. A bound of NULL or infinity is the
// last bucket, with everything above the other bounds; without one, the other buckets make up the
// total. The sum is the value that the rows of a series agree on; if no row has one, it is NaN, or
// 0 if nothing was observed. A series is left out, with a problem, if a bound is repeated or not a
// number, if a count is NULL or not a whole number from 0 to 2^53, if cumulative counts fall, or if
// sums differ. Series that differ only in NULL against an empty label are added up. The factor
// applies to bounds and sum. Throws CollectError if a column is missing.
MappedSamples MapShape(const Rows& rows, const SqlMetric& metric, const RowBucket& shape);

}  // namespace collectors
