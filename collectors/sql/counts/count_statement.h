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

// How a count gets its value: by counting the rows, or from the planner's estimate (kAuto: if that
// is much faster and nearly as good).
enum class CountMode { kExact, kEstimate, kAuto };

// A count of the rows of `table` that match `where`, for each group of the columns that are the
// metric's labels.
struct SqlCount {
  std::string name = {};  // The statement's name (SqlStatement::name); the metric's if empty.
  SqlMetric metric = {};
  // As the user wrote it: schema.table; a part that contains a dot is in "".
  std::string table = {};
  std::string where;  // A SQL condition; empty for all rows.
  SeriesRules rules;
  CountMode mode = CountMode::kExact;
  // Stops counting there; 0 for no bound. A count with a bound has no labels.
  std::size_t up_to = 0;
};

// Whether it counts the whole table into one number.
inline bool IsPlain(const SqlCount& count) {
  return count.where.empty() && count.metric.labels.empty() && count.up_to == 0;
}

// The prefix of the columns of CountStatement that are counts.
inline constexpr std::string_view kCountColumnPrefix = "exporter_count_";

// Returns the name with each part in quotes, so that it cannot be anything but a name. Throws
// std::invalid_argument if a part is empty or a quote stays open.
std::string QuotedTable(std::string_view table, SqlDialect dialect = SqlDialect::kPostgres);

// Returns one statement for all of `counts`, which share a table: grouped by every label that one
// of them has, with a column per count. A single count gets the form that an index on its condition
// serves best. A count with a bound must be the only one.
std::string CountStatement(const std::vector<const SqlCount*>& counts,
                           SqlDialect dialect = SqlDialect::kPostgres);

// Returns a statement that selects the rows of a count without labels, for the planner.
std::string RowsStatement(const SqlCount& count, SqlDialect dialect = SqlDialect::kPostgres);

// Whether the columns are those of CountStatement. A condition with unbalanced brackets may have
// turned it into another statement.
bool AnswersTo(const Rows& rows, const std::vector<const SqlCount*>& counts);

// Returns the samples of the `index`-th count in the rows of CountStatement. Groups that differ
// only in the labels of other counts are added up, and NULL counts as ''. Groups of zero are left
// out unless the count shows them. A count without labels always has a sample. The problem is
// kMissing if a column is missing.
MappedSamples RollUp(const Rows& rows, const SqlCount& count, std::size_t index);

}  // namespace collectors
