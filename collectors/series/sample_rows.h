#pragma once

#include "collectors/clients/sql/rows.h"
#include "collectors/series/sql_metric.h"

namespace collectors {

// Maps each row to a sample. A row with a NULL value has no sample. A NULL label is empty, so rows
// that differ only in NULL against '' have the same labels. Throws CollectError if a column is
// missing.
MappedSamples MapShape(const Rows& rows, const SqlMetric& metric, const RowSample& shape);

// Maps each row to one sample per column.
MappedSamples MapShape(const Rows& rows, const SqlMetric& metric, const ColumnSamples& shape);

}  // namespace collectors
