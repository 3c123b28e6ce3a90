#pragma once

#include <optional>

#include "collectors/clients/sql/rows.h"
#include "collectors/parts/sql_part.h"

namespace collectors {

// What PostgreSQL's planner expects of a statement.
struct PlanEstimate {
  double cost = 0;  // Up to the last row, in planner units: 1 is a page read sequentially.
  double rows = 0;  // Number of rows returned.
  // Whether rows come from a function or a recursion, whose number the planner guesses.
  bool guesses_rows = false;
};

// Parses the text of EXPLAIN. Its first line is about the whole statement, each other line about
// one step (postgresql.org/docs/current/using-explain.html):
//   HashAggregate  (cost=77858.00..77858.96 rows=96 width=33)
// Returns nothing if the first line has another format, as from another server.
std::optional<PlanEstimate> ParsePlan(const Rows& rows);

// Plans the statement with the settings that it would run with, without running it. Throws
// CollectError as the statement itself would: if it is invalid, if the role may not read the table,
// or if the table is locked.
std::optional<PlanEstimate> Explain(const SqlRun& run, SqlStatement statement);

}  // namespace collectors
