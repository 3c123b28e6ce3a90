#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "collectors/sql/counts/count_plan.h"

namespace collectors {

using Indexes = std::vector<std::size_t>;

// Returns the cost of one statement for these counts, or nothing if it is unknown.
using PlanOf = std::function<std::optional<PlanEstimate>(const Indexes&)>;

// Limits on the result of a shared statement.
struct GroupingLimits {
  double max_rows = 0;
  double table_rows = 0;  // By the planner's estimate.
};

// Returns one group with all counts.
std::vector<Indexes> Together(std::size_t counts);

// Chooses which of `counts` counts on one table share a statement. Each count is in exactly one
// group. Starting with the most expensive, each count joins the first group where one statement
// costs less than both separately; so a count that an index serves stays apart from a table scan. A
// statement is not shared if its result has too many rows, or so many that it hardly aggregates. A
// count without a plan stays alone. If no count has a plan, all are together, which is best in most
// cases.
std::vector<Indexes> ChooseGroups(std::size_t counts, const PlanOf& plan_of,
                                  const GroupingLimits& limits);

}  // namespace collectors
