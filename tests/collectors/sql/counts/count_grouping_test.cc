#include "collectors/sql/counts/count_grouping.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>

namespace collectors {
namespace {

using Groups = std::vector<Indexes>;

// A planner that knows only these statements.
using Plans = std::map<Indexes, PlanEstimate>;

Groups Chosen(std::size_t counts, const Plans& plans, const GroupingLimits& limits) {
  const PlanOf plan_of = [&](const Indexes& indexes) -> std::optional<PlanEstimate> {
    const auto found = plans.find(indexes);
    if (found == plans.end()) return std::nullopt;
    return found->second;
  };
  Groups groups = ChooseGroups(counts, plan_of, limits);
  std::ranges::sort(groups);
  return groups;
}

constexpr GroupingLimits kLarge{10'000, 2e6};

}  // namespace

TEST_CASE("counts share a statement where that costs less than apart") {
  struct Case {
    std::string name;
    std::size_t counts;
    Plans plans;
    GroupingLimits limits;
    Groups groups;
  };
  const std::vector<Case> table = {
      {"the tasks of the quickstart, 2,000,000 rows",
       2,
       {{{0}, {52858, 32}}, {{1}, {55839, 24}}, {{0, 1}, {77859, 96}}},
       kLarge,
       {{0, 1}}},
      {"an index serves the second",
       2,
       {{{0}, {52858, 32}}, {{1}, {900, 1}}, {{0, 1}, {57858, 32}}},
       kLarge,
       {{0}, {1}}},
      {"an index serves one of three",
       3,
       {{{0}, {100, 4}}, {{1}, {8, 1}}, {{2}, {90, 4}}, {{0, 2}, {120, 8}}, {{0, 1, 2}, {130, 8}}},
       kLarge,
       {{0, 2}, {1}}},
      {"together as dear as apart",
       2,
       {{{0}, {50, 1}}, {{1}, {50, 1}}, {{0, 1}, {100, 1}}},
       kLarge,
       {{0}, {1}}},
      {"more groups than max_rows",
       2,
       {{{0}, {50, 1}}, {{1}, {50, 1}}, {{0, 1}, {60, 10'001}}},
       kLarge,
       {{0}, {1}}},
      {"a tenth of the rows, where the planner has given up counting groups",
       2,
       {{{0}, {50, 1}}, {{1}, {50, 1}}, {{0, 1}, {60, 5000}}},
       {10'000, 50'000},
       {{0}, {1}}},
      {"a tenth of a small table",
       2,
       {{{0}, {50, 1}}, {{1}, {50, 1}}, {{0, 1}, {60, 600}}},
       {10'000, 6000},
       {{0, 1}}},
      {"the dearest shares with nobody, the others do",
       3,
       {{{0}, {50, 4}},
        {{1}, {90, 9000}},
        {{2}, {50, 4}},
        {{0, 2}, {60, 8}},
        {{0, 1}, {95, 20'000}},
        {{1, 2}, {95, 20'000}}},
       kLarge,
       {{0, 2}, {1}}},
      {"one has no plan",
       3,
       {{{0}, {50, 1}}, {{2}, {50, 1}}, {{0, 2}, {60, 1}}},
       kLarge,
       {{0, 2}, {1}}},
      {"none has a plan", 3, {}, kLarge, {{0, 1, 2}}},
      {"one count", 1, {{{0}, {50, 1}}}, kLarge, {{0}}},
  };
  for (const Case& one : table) {
    CAPTURE(one.name);
    CHECK(Chosen(one.counts, one.plans, one.limits) == one.groups);
  }
}

TEST_CASE("the planner is asked 200 times at most, and every count is in one group") {
  std::size_t asked = 0;
  const PlanOf plan_of = [&](const Indexes& indexes) -> std::optional<PlanEstimate> {
    ++asked;
    return PlanEstimate{indexes.size() == 1 ? 1.0 : 100.0, 1};
  };
  const Groups groups = ChooseGroups(100, plan_of, kLarge);
  CHECK(asked == 200);
  CHECK(groups.size() == 100);
}

}  // namespace collectors
