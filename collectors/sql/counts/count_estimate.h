#pragma once

#include <string>

#include "collectors/parts/sql_part.h"
#include "collectors/sql/counts/count_statement.h"

namespace collectors {

// How much PostgreSQL's statistics know about the tables that a count reads: a table with its
// partitions, or everything that a view reads. The planner returns a number in any case. It assumes
// at least ten pages for a table that was never analyzed (2,550 rows instead of 10), and an
// arbitrary number for a foreign table.
enum class Statistics {
  kNone,   // Too much was never analyzed: the number would be invented.
  kWhole,  // All of a table was analyzed, or so much that the rest hardly matters.
  kEmpty,  // A table without pages.
  kOther,  // As kWhole, for a view or a foreign table, which autovacuum does not analyze.
};

struct TableStatistics {
  Statistics known = Statistics::kNone;
  std::string unknown_part = {};  // The largest table that was never analyzed, or "".
};

TableStatistics StatisticsOf(const SqlRun& run, const std::string& table);

// Counting a table with more rows is slow: mode auto then takes an estimate.
inline constexpr double kLargeTable = 100'000;

// Returns how many rows the planner expects for a count without labels: the table's current number
// of pages times the rows per page at the last ANALYZE. Without statistics the number is invented.
double PlannedRows(const SqlRun& run, const SqlCount& count);

// As PlannedRows, but returns 0 for an empty table and throws CollectError of kind kMissing if the
// number would be invented.
double EstimateCount(const SqlRun& run, const SqlCount& count);

}  // namespace collectors
