#pragma once

#include "collectors/sql/count_statement.h"
#include "collectors/sql/sql_part.h"

namespace collectors {

// What PostgreSQL's statistics know of a table, with its partitions.
enum class Statistics {
  kNone,      // It was never analyzed.
  kPart,      // Of some partitions only.
  kWhole,     // All of it was analyzed.
  kEmpty,     // It has no page.
  kNotTable,  // A view or a foreign table.
};

Statistics StatisticsOf(const SqlRun& run, const std::string& table);

// A table of more rows is counted slowly: mode auto then takes an estimate.
inline constexpr double kLargeTable = 100'000;

// How many rows a count without labels would find, as the planner reckons: from
// the table's pages as they are now, and the rows a page as of the last ANALYZE.
// Of a table without statistics that is a number out of the air.
double PlannedRows(const SqlRun& run, const SqlCount& count);

// The same; throws CollectError of kind kMissing where there are no statistics.
double EstimateCount(const SqlRun& run, const SqlCount& count);

}  // namespace collectors
