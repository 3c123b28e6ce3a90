#pragma once

#include "collectors/clients/sql/rows.h"
#include "collectors/series/sql_metric.h"

namespace collectors {

// A row a sample. A NULL value is no sample, a NULL label is empty: rows that
// differ only in NULL against '' have the same labels. Throws CollectError if a
// column is missing.
MappedSamples MapShape(const Rows& rows, const SqlMetric& metric, const RowSample& shape);

// A row a sample for each column.
MappedSamples MapShape(const Rows& rows, const SqlMetric& metric, const ColumnSamples& shape);

}  // namespace collectors
