#include "collectors/sql/counts/count_plan.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace collectors {
namespace {

Rows PlanText(std::vector<std::string> lines) {
  Rows rows{{"QUERY PLAN"}, {}};
  for (std::string& line : lines) rows.cells.push_back({std::move(line)});
  return rows;
}

}  // namespace

TEST_CASE("the first line of a plan tells the cost and the rows of the whole") {
  struct Case {
    std::vector<std::string> lines;
    double cost;
    double rows;
  };
  const std::vector<Case> table = {
      {{"Seq Scan on tasks  (cost=0.00..37858.00 rows=2000000 width=12)"}, 37858, 2000000},
      {{"Finalize GroupAggregate  (cost=43862.14..43887.90 rows=96 width=33)",
        "  Group Key: organization_id", "  ->  Gather Merge  (cost=1.00..2.00 rows=192 width=33)"},
       43887.90,
       96},
      {{"Result  (cost=0.00..0.00 rows=0 width=0)", "  One-Time Filter: false"}, 0, 0},
      {{"Seq Scan on \"t  (cost=1.00..2.00 rows=3 width=4)\"  (cost=0.00..9.50 rows=7 width=1)"},
       9.5,
       7},
  };
  for (const Case& one : table) {
    CAPTURE(one.lines[0]);
    const auto plan = ParsePlan(PlanText(one.lines));
    REQUIRE(plan);
    CHECK(plan->cost == one.cost);
    CHECK(plan->rows == one.rows);
  }
}

TEST_CASE("a plan says whether rows come of what no statistics know") {
  struct Case {
    std::string step;
    bool guesses;
  };
  const std::vector<Case> table = {
      {"  ->  Function Scan on unnest g  (cost=0.00..0.03 rows=3 width=4)", true},
      {"        ->  Table Function Scan on \"xmltable\"  (cost=0.00..1.00 rows=100 width=4)", true},
      {"  ->  ProjectSet  (cost=0.00..5.02 rows=1000 width=4)", true},
      {"          ->  Recursive Union  (cost=0.00..2.95 rows=31 width=4)", true},
      {"  ->  Seq Scan on \"Function Scan\"  (cost=0.00..1.10 rows=10 width=4)", false},
      {"  Filter: (name = 'ProjectSet'::text)", false},
      {"  CTE Recursive Union", false},
  };
  for (const Case& one : table) {
    CAPTURE(one.step);
    const auto plan =
        ParsePlan(PlanText({"Nested Loop  (cost=0.00..1.00 rows=3 width=4)", one.step}));
    REQUIRE(plan);
    CHECK(plan->guesses_rows == one.guesses);
  }
}

TEST_CASE("what is no plan of PostgreSQL is none") {
  const std::vector<std::string> table = {
      "",
      "Seq Scan on tasks",
      "Seq Scan on tasks  (cost=0.00..1.00 rows=2 width=3",
      "Seq Scan on tasks  (cost=0.00..1.00 rows=2 width=3) (actual time=0.0..0.1 rows=2 loops=1)",
      "Seq Scan on tasks  (cost=0.00..-1.00 rows=2 width=3)",
      "Seq Scan on tasks  (cost=0.00..nan rows=2 width=3)",
      "Seq Scan on tasks  (cost=0.00..1.00 width=3)",
      "Seq Scan on tasks  (cost=.. rows= width=)",
      "XN Seq Scan on tasks  (cost=0.00 rows=2 width=3)",
      "distribution: local",
  };
  for (const std::string& line : table) {
    CAPTURE(line);
    CHECK_FALSE(ParsePlan(PlanText({line})));
  }
  CHECK_FALSE(ParsePlan({{"QUERY PLAN"}, {}}));
  CHECK_FALSE(ParsePlan({{"QUERY PLAN"}, {{std::nullopt}}}));
  CHECK_FALSE(ParsePlan({{"tree", "field"}, {{"a", "b"}}}));
}

}  // namespace collectors
