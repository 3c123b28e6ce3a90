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

// A number as PostgreSQL and SQLite write it: also NaN, Infinity and -Infinity,
// and t, f, true, false as 1 and 0. Absent where it is none.
std::optional<double> ParseSqlNumber(std::string_view text);

// The number that a cell of the column holds, which is there and not NULL: times as epoch seconds,
// intervals and times of day as seconds. Absent if it is none.
std::optional<double> NumberIn(const Rows& rows, std::size_t column, std::string_view text);

// Why NumberIn finds none in a column, and what to ask for. Quotes no cell.
std::string NoNumber(const Rows& rows, std::size_t column);

// A label's value from a cell: NULL is empty, a boolean is true or false, bytes that
// are not UTF-8 (from a database in SQL_ASCII) and NUL (from SQLite) become U+FFFD.
std::string LabelValue(const std::optional<std::string>& cell, ColumnType type = ColumnType::kAny);

// The index of a column; absent where there is none of that name.
std::optional<std::size_t> FindColumn(const Rows& rows, std::string_view name);

// The index of a column that `metric` cannot do without. Throws CollectError of
// kind kMissing.
std::size_t NeedColumn(const Rows& rows, const std::string& name, const SqlMetric& metric);

// The columns of a metric's labels in an answer. Both must outlive it.
class LabelColumns {
 public:
  // Throws as NeedColumn.
  LabelColumns(const Rows& rows, const SqlMetric& metric);

  exporter::Labels Of(const Cells& cells) const;
  // The same as the database tells them apart: NULL is not ''.
  Cells RawOf(const Cells& cells) const;

 private:
  const Rows& rows_;
  const SqlMetric& metric_;
  std::vector<std::size_t> columns_;
};

// Notes a problem of kind kQuery, unless there is one. `what` quotes no cell.
void NoteBadRow(MappedSamples& mapped, const SqlMetric& metric, const std::string& what);

}  // namespace collectors
