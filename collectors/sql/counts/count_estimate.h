#pragma once

#include <string>

#include "collectors/parts/sql_part.h"
#include "collectors/sql/counts/count_statement.h"

namespace collectors {

// What PostgreSQL's statistics know of what a count reads: of a table with its partitions, of a
// view all that it reads. The planner gives a number in each case. It takes a table that was never
// analyzed for ten pages at least, one of 10 rows for 2,550, and a foreign one for any number.
enum class Statistics {
  kNone,   // So much was never analyzed that the number would be invented.
  kWhole,  // All of a table was analyzed, or so much that the rest hardly matters.
  kEmpty,  // It is a table without a page.
  kOther,  // The same as kWhole of a view or a foreign table, which nobody analyzes by itself.
};

struct TableStatistics {
  Statistics known = Statistics::kNone;
  std::string unknown_part = {};  // The largest table that was never analyzed, if there is one.
};

TableStatistics StatisticsOf(const SqlRun& run, const std::string& table);

// A table of more rows is counted slowly: mode auto then takes an estimate.
inline constexpr double kLargeTable = 100'000;

// How many rows a count without labels would find, as the planner reckons: from
// the table's pages as they are now, and the rows a page as of the last ANALYZE.
// Of a table without statistics that is a number out of the air.
double PlannedRows(const SqlRun& run, const SqlCount& count);

// The same; throws CollectError of kind kMissing if there is no ground for a number.
double EstimateCount(const SqlRun& run, const SqlCount& count);

}  // namespace collectors
