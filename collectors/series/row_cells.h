#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/clients/sql/rows.h"
#include "collectors/series/sql_metric.h"

namespace collectors {

using Cells = std::vector<std::optional<std::string>>;  // A row of Rows.

// Parses a number as PostgreSQL and SQLite write it, NaN, Infinity and -Infinity included. t and
// true are 1, f and false are 0. Returns nothing for any other text.
std::optional<double> ParseSqlNumber(std::string_view text);

// Returns the number in a cell of the column, given its text (not NULL). Times are epoch seconds;
// intervals and times of day are seconds. Returns nothing if the cell is not a number.
std::optional<double> NumberIn(const Rows& rows, std::size_t column, std::string_view text);

// Explains why NumberIn finds no number in a column, and what to ask for instead. Quotes no cell.
std::string NoNumber(const Rows& rows, std::size_t column);

// Returns a label value for a cell. NULL becomes "", a boolean true or false. Bytes that are not
// UTF-8 (from a database in SQL_ASCII) and NUL (from SQLite) become U+FFFD.
std::string LabelValue(const std::optional<std::string>& cell, ColumnType type = ColumnType::kAny);

// Returns a column's index, or nothing if there is no such column.
std::optional<std::size_t> FindColumn(const Rows& rows, std::string_view name);

// Returns the index of a column that `metric` needs. Throws CollectError of kind kMissing if it is
// missing.
std::size_t NeedColumn(const Rows& rows, const std::string& name, const SqlMetric& metric);

// The columns of a metric's labels in a result. `rows` and `metric` must outlive it.
class LabelColumns {
 public:
  // Throws as NeedColumn does.
  LabelColumns(const Rows& rows, const SqlMetric& metric);

  exporter::Labels Of(const Cells& cells) const;
  // Returns the label cells as in the database: NULL is not ''.
  Cells RawOf(const Cells& cells) const;

 private:
  const Rows& rows_;
  const SqlMetric& metric_;
  std::vector<std::size_t> columns_;
};

// Sets a problem of kind kQuery, unless there is one already. `what` must quote no cell.
void NoteBadRow(MappedSamples& mapped, const SqlMetric& metric, const std::string& what);

}  // namespace collectors
