#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/clients/rows.h"
#include "collectors/sql/metric_series.h"
#include "collectors/sql/row_mapping.h"

namespace collectors {

// A count of rows: how many of `table` there are for which `where` holds, for
// each group of the columns that are the metric's labels.
struct SqlCount {
  SqlMetric metric;
  std::string table;  // As the user wrote it: schema.table, a part in "" where it has a dot.
  std::string where;  // SQL; empty for all rows.
  SeriesRules rules;
};

// The name with each part in quotes, so that it can be nothing but a name.
// Throws std::invalid_argument where it is empty, or a quote stays open.
std::string QuotedTable(std::string_view table);

// One statement for all of `counts`, which share a table: grouped by every
// label that one of them has, a column for each count. A single count gets the
// shape that an index on its condition serves best.
std::string CountStatement(const std::vector<const SqlCount*>& counts);

// What the rows of CountStatement say of its `index`-th count: the groups that
// differ only in labels of other counts added up, NULL and '' as one. Groups of
// zero are left out unless the count is to show them; a count without labels
// always has its sample. The problem is kMissing where a column is.
MappedSamples RollUp(const Rows& rows, const SqlCount& count, std::size_t index);

}  // namespace collectors
