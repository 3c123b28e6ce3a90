#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "collectors/sql/counts/count_plan.h"

namespace collectors {

using Indexes = std::vector<std::size_t>;

// Says what one statement for these counts would cost; absent where nobody knows.
using PlanOf = std::function<std::optional<PlanEstimate>(const Indexes&)>;

// What the answer of a shared statement may be.
struct GroupingLimits {
  double max_rows = 0;
  double table_rows = 0;  // As the planner reckons them.
};

// All in one statement.
std::vector<Indexes> Together(std::size_t counts);

// Which of `counts` counts on one table are asked in one statement: each is in
// exactly one group. From the dearest down each joins the first group that then
// costs less than both apart, so that a count that an index serves stays apart
// from a scan of the table. A statement whose groups are too many, or so many
// that it hardly adds up anything, is none. A count that cannot be planned is
// alone; where none can be, all are together, which is best for most.
std::vector<Indexes> ChooseGroups(std::size_t counts, const PlanOf& plan_of,
                                  const GroupingLimits& limits);

}  // namespace collectors
