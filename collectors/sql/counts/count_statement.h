#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/clients/sql/rows.h"
#include "collectors/clients/sql/sql_session.h"
#include "collectors/series/metric_series.h"
#include "collectors/series/row_mapping.h"

namespace collectors {

// How a count comes by its value: from the rows, or from what the server's planner
// holds them to be (kAuto: where that is much quicker, and nearly as good).
enum class CountMode { kExact, kEstimate, kAuto };

// A count of rows: how many of `table` there are for which `where` holds, for
// each group of the columns that are the metric's labels.
struct SqlCount {
  std::string name = {};  // Of its statement (SqlStatement::name); the metric's if empty.
  SqlMetric metric = {};
  std::string table = {};  // As the user wrote it: schema.table, a part in "" where it has a dot.
  std::string where;       // SQL; empty for all rows.
  SeriesRules rules;
  CountMode mode = CountMode::kExact;
  std::size_t up_to = 0;  // Stops there; 0 for no bound. Such a count has no labels.
};

// Whether it counts the whole table into one number.
inline bool IsPlain(const SqlCount& count) {
  return count.where.empty() && count.metric.labels.empty() && count.up_to == 0;
}

// How the columns of CountStatement begin that are counts.
inline constexpr std::string_view kCountColumnPrefix = "exporter_count_";

// The name with each part in quotes, so that it can be nothing but a name.
// Throws std::invalid_argument where it is empty, or a quote stays open.
std::string QuotedTable(std::string_view table, SqlDialect dialect = SqlDialect::kPostgres);

// One statement for all of `counts`, which share a table: grouped by every
// label that one of them has, a column for each count. A single count gets the
// shape that an index on its condition serves best; one with a bound is alone.
std::string CountStatement(const std::vector<const SqlCount*>& counts,
                           SqlDialect dialect = SqlDialect::kPostgres);

// The rows that a count without labels counts, for the planner: it returns them.
std::string RowsStatement(const SqlCount& count, SqlDialect dialect = SqlDialect::kPostgres);

// Whether the columns are those of CountStatement. A condition with brackets that
// do not match may have made another statement of it.
bool AnswersTo(const Rows& rows, const std::vector<const SqlCount*>& counts);

// What the rows of CountStatement say of its `index`-th count: the groups that
// differ only in labels of other counts added up, NULL and '' as one. Groups of
// zero are left out unless the count is to show them; a count without labels
// always has its sample. The problem is kMissing where a column is.
MappedSamples RollUp(const Rows& rows, const SqlCount& count, std::size_t index);

}  // namespace collectors
