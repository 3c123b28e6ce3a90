#pragma once

#include "collectors/clients/sql/rows.h"
#include "collectors/series/sql_metric.h"

namespace collectors {

// A row a bucket, in any order. A bound of NULL or infinity takes what is above
// all others; where there is none the others are the total. The sum is what the
// rows of a series that have one agree on; it is NaN where none has, but 0 where
// nothing was observed. A series is left out, with a problem, where a bound is
// there twice or is no number, a count is no whole number from 0 to 2^53 (NULL
// is none), cumulative counts fall, or sums differ. Series that differ only in
// NULL against an empty label are added up. The factor is on bounds and sum.
// Throws CollectError where a column is missing.
MappedSamples MapShape(const Rows& rows, const SqlMetric& metric, const RowBucket& shape);

}  // namespace collectors
