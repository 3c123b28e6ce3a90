#pragma once

#include <optional>

#include "collectors/clients/sql/rows.h"
#include "collectors/parts/sql_part.h"

namespace collectors {

// What PostgreSQL's planner expects of a statement.
struct PlanEstimate {
  double cost = 0;  // Until its last row, in the planner's units: 1 is a page read in order.
  double rows = 0;  // That it returns.
  // Whether rows come of a function or of a recursion, which the planner takes at a guess.
  bool guesses_rows = false;
};

// From the text of EXPLAIN, whose first line speaks of the whole statement, and each other of one
// of its steps
// (postgresql.org/docs/current/using-explain.html):
//   HashAggregate  (cost=77858.00..77858.96 rows=96 width=33)
// Absent where that line says something else, as another server's does.
std::optional<PlanEstimate> ParsePlan(const Rows& rows);

// Plans the statement with the settings that it would run with, and does not
// run it. Throws CollectError as the statement itself would: where it is no
// valid one, where the role may not read the table, where the table is locked.
std::optional<PlanEstimate> Explain(const SqlRun& run, SqlStatement statement);

}  // namespace collectors
