#pragma once

#include "collectors/clients/sql/rows.h"
#include "collectors/series/sql_metric.h"

namespace collectors {

// What the rows say of a metric, by its shape. Columns are found by name; one
// too many is ignored, a missing one is a problem of kind kMissing and leaves no
// sample. A row that cannot be read costs itself, or in a histogram its series:
// the rest is there, with a problem of kind kQuery, which quotes no cell. Labels
// that hold more than 4 MiB of long texts are kLimit, and leave no sample.
MappedSamples MapRows(const Rows& rows, const SqlMetric& metric);

// Of samples with the same labels only one can be on the page: the first stays,
// and the others are a problem of kind kQuery.
void DropRepeated(MappedSamples& mapped, const std::string& metric);

}  // namespace collectors
