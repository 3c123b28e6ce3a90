#pragma once

#include "collectors/clients/sql/rows.h"
#include "collectors/series/sql_metric.h"

namespace collectors {

// Maps rows to a metric's samples, by its shape. Columns are found by name. Extra columns are
// ignored; a missing column is a problem of kind kMissing, without samples. A row that cannot be
// read costs only itself (in a histogram, its series) and is a problem of kind kQuery, which quotes
// no cell. Labels with more than 4 MiB of long texts are a problem of kind kLimit, without samples.
MappedSamples MapRows(const Rows& rows, const SqlMetric& metric);

// Keeps the first of samples with the same labels, because a page can only show one. The others are
// a problem of kind kQuery.
void DropRepeated(MappedSamples& mapped, const std::string& metric);

}  // namespace collectors
