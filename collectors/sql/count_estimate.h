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

// How many rows the count would find, as the planner reckons: from the table's
// pages as they are now, and the rows a page as of the last ANALYZE. The count
// has no labels. Throws CollectError, of kind kMissing where the table was never
// analyzed: the planner then takes a number out of the air.
double EstimateCount(const SqlRun& run, const SqlCount& count);

}  // namespace collectors
