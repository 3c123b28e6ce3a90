#include "collectors/sql/counts/count_scan.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/support/scripted_sql.h"
#include "tests/support/taken.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::SteadyTime;
using std::chrono::minutes;
using std::chrono::seconds;

using Samples = std::vector<std::pair<std::string, double>>;

const SteadyTime kStart = SteadyTime() + seconds(1000);

SqlCount Count(const std::string& name) {
  SqlCount count;
  count.metric.name = name;
  count.table = "tasks";
  return count;
}

// The number of counts that a statement asks for. Ones() is the result of 1 for each.
std::size_t Asked(const SqlStatement& statement) {
  std::size_t count = 0;
  const std::string column = "AS exporter_count_";
  for (std::size_t at = 0; (at = statement.text.find(column, at)) != std::string::npos; ++at) {
    ++count;
  }
  return count;
}

Rows Ones(std::size_t counts) {
  Rows rows{{}, {{}}};
  for (std::size_t i = 0; i < counts; ++i) {
    rows.columns.push_back("exporter_count_" + std::to_string(i));
    rows.cells[0].push_back("1");
  }
  return rows;
}

// Returns a planner's answer to EXPLAIN of a statement with that many counts; 0 for the statement
// that looks at the table.
using Planner = std::function<Rows(std::size_t)>;

Rows Refused(std::size_t /*counts*/) { throw CollectError(ErrorKind::kQuery, "no EXPLAIN here"); }

Rows Plan(double cost, double rows) {
  const std::string line = fmt::format("Scan  (cost=0.00..{:.2f} rows={:.0f} width=8)", cost, rows);
  return {{"QUERY PLAN"}, {{line}, {"  ->  Something else"}}};
}

// A table with `rows` rows. A statement with one count costs 10, each further count `more`.
Planner PlannerOf(double rows, double more) {
  return [=](std::size_t counts) {
    if (counts == 0) return Plan(1, rows);
    return Plan(10 + more * static_cast<double>(counts - 1), 1);
  };
}

struct Stage {
  explicit Stage(std::vector<SqlCount> counts = {Count("a"), Count("b"), Count("c")})
      : scan(std::move(counts), {}) {}

  exporter::Watchdog watchdog;
  CountScan scan;
  Planner planner = Refused;
  std::string statistics = "whole";
  std::size_t plans = 0;           // Questions to the planner in the last run.
  std::vector<std::size_t> asked;  // How many counts each statement asked for.
  SteadyTime now = kStart;

  Rows AnswerOfPlanner(const SqlStatement& statement) {
    ++plans;
    if (statement.text.starts_with("WITH")) return {{"case", "oid"}, {{statistics, "t"}}};
    return planner(Asked(statement));
  }

  // Returns what the scan reports about its estimates, by the count's name.
  Samples Estimated() const {
    exporter::FamilySet families;
    scan.Account(families, exporter::SteadyTime::max());
    return SamplesOf(std::move(families), "exporter_count_estimated");
  }

  // One run; `fails(i, counts)` may throw for the i-th statement.
  PartResult Run(const std::function<void(std::size_t, std::size_t)>& fails) {
    asked.clear();
    plans = 0;
    ScriptedSql session([&](const SqlStatement& statement) {
      if (statement.text.find("pg_attribute") != std::string::npos) return Rows{{"attname"}, {}};
      const bool counts = statement.text.starts_with("SELECT");
      if (!counts) return AnswerOfPlanner(statement);
      asked.push_back(Asked(statement));
      fails(asked.size() - 1, asked.back());
      return Ones(asked.back());
    });
    const exporter::CollectContext context{exporter::Deadline::After(seconds(60)), watchdog};
    now += seconds(10);
    return scan.Refresh({session, context, now});
  }
  std::vector<double> Values(const std::string& name) const {
    std::vector<double> values;
    exporter::FamilySet families;
    scan.Write(families, now);
    for (const auto& sample : SamplesOf(std::move(families), name)) values.push_back(sample.second);
    return values;
  }
  std::string Shown() const {
    std::string names;
    exporter::FamilySet families;
    scan.Write(families, now);
    for (const auto& timed : exporter::testing::TakenFrom(std::move(families)))
      names += timed.family.name;
    return names;
  }
};

using Sizes = std::vector<std::size_t>;

void Never(std::size_t /*statement*/, std::size_t /*counts*/) {}

}  // namespace

TEST_CASE("counts on one table share one statement") {
  Stage stage;
  CHECK(stage.Run(Never) == PartResult::kDone);
  CHECK(stage.asked == Sizes{3});
  CHECK(stage.Shown() == "abc");
  CHECK(stage.scan.Problems().empty());
}

TEST_CASE("where the shared statement fails each runs apart once, and the bad one stays apart") {
  Stage stage;
  stage.Run([](std::size_t i, std::size_t /*counts*/) {
    if (i == 0 || i == 2) throw CollectError(ErrorKind::kMissing, "no such column");
  });
  CHECK(stage.asked == Sizes{3, 1, 1, 1});
  CHECK(stage.Shown() == "ac");
  REQUIRE(stage.scan.Problems().size() == 1);
  CHECK(stage.scan.Problems()[0].kind() == ErrorKind::kMissing);
  CHECK(stage.scan.Problems()[0].part() == "b");
  stage.Run([](std::size_t /*i*/, std::size_t counts) {
    if (counts == 1) throw CollectError(ErrorKind::kMissing, "no such column");
  });
  CHECK(stage.asked == Sizes{2, 1});
  stage.Run(Never);
  stage.Run(Never);
  CHECK_MESSAGE(stage.asked == Sizes{3}, "once it works again it shares");
}

TEST_CASE("groups too many for one statement are asked apart for an hour") {
  Stage stage;
  stage.Run([](std::size_t /*i*/, std::size_t counts) {
    if (counts > 1) throw CollectError(ErrorKind::kLimit, "too many rows");
  });
  CHECK(stage.asked == Sizes{3, 1, 1, 1});
  CHECK(stage.scan.Problems().empty());
  stage.Run(Never);
  CHECK(stage.asked == Sizes{1, 1, 1});
  stage.now += minutes(60);
  stage.Run(Never);
  CHECK(stage.asked == Sizes{3});
}

TEST_CASE("a shared statement that is slow is not asked apart, which would be slower") {
  Stage stage;
  const PartResult result = stage.Run([](std::size_t /*i*/, std::size_t /*counts*/) {
    throw CollectError(ErrorKind::kTimeout, "statement timeout");
  });
  CHECK(result == PartResult::kTimedOut);
  CHECK(stage.asked == Sizes{3});
  CHECK(stage.scan.Problems().size() == 3);
}

TEST_CASE("one slow count costs its own samples and not those of its table") {
  Stage stage;
  // b is the second statement, both among three alone and after a shared one.
  const auto slow = [](std::size_t i, std::size_t counts) {
    const bool is_b = i == 1 && counts == 1;
    if (counts == 3 || is_b) throw CollectError(ErrorKind::kTimeout, "statement timeout");
  };
  stage.Run(slow);
  CHECK(stage.asked == Sizes{3});
  CHECK_MESSAGE(stage.Run(slow) == PartResult::kTimedOut,
                "each is asked apart to find the slow one");
  CHECK(stage.asked == Sizes{1, 1, 1});
  CHECK(stage.Shown() == "ac");
  REQUIRE(stage.scan.Problems().size() == 1);
  CHECK(stage.scan.Problems()[0].part() == "b");
  stage.Run(slow);
  INFO("the others share again");
  CHECK(stage.asked == Sizes{2, 1});
}

TEST_CASE("a table that was locked for a while is shared again") {
  Stage stage;
  const auto locked = [](std::size_t /*i*/, std::size_t /*counts*/) {
    throw CollectError(ErrorKind::kTimeout, "lock timeout");
  };
  stage.Run(locked);
  stage.Run(Never);
  CHECK(stage.asked == Sizes{1, 1, 1});
  stage.Run(Never);
  CHECK(stage.asked == Sizes{3});
  stage.Run(locked);
  stage.Run(locked);
  CHECK(stage.asked == Sizes{1, 1, 1});
  stage.Run(Never);
  stage.Run(Never);
  CHECK(stage.asked == Sizes{3});
}

TEST_CASE("counts that are quick alone and slow together are asked apart for an hour") {
  Stage stage;
  const auto together = [](std::size_t /*i*/, std::size_t counts) {
    if (counts > 1) throw CollectError(ErrorKind::kTimeout, "statement timeout");
  };
  for (const Sizes& asked : {Sizes{3}, Sizes{1, 1, 1}, Sizes{3}, Sizes{1, 1, 1}, Sizes{1, 1, 1}}) {
    stage.Run(together);
    CHECK(stage.asked == asked);
  }
  stage.now += minutes(60);
  stage.Run(Never);
  CHECK(stage.asked == Sizes{3});
}

TEST_CASE("a target that fails ends the scan") {
  Stage stage;
  CHECK_THROWS_AS(stage.Run([](std::size_t /*i*/, std::size_t /*counts*/) {
    throw CollectError(ErrorKind::kConnect, "gone");
  }),
                  CollectError);
  CHECK(stage.asked == Sizes{3});
}

TEST_CASE("what the planner holds to be cheaper is how counts are asked") {
  for (const auto& [more, expected] : {std::pair{1.0, Sizes{3}}, {11.0, Sizes{1, 1, 1}}}) {
    Stage stage;
    stage.planner = PlannerOf(5000, more);
    stage.Run(Never);
    CHECK(stage.asked == expected);
    CHECK(stage.Shown() == "abc");
  }
}

TEST_CASE("the planner is asked again after an hour, and when the table has doubled") {
  Stage stage;
  stage.planner = PlannerOf(5000, 1);
  stage.Run(Never);
  CHECK(stage.plans == 7);  // The table, its statistics, three alone, two joined.
  stage.Run(Never);
  CHECK(stage.plans == 0);
  stage.now += minutes(1);
  stage.Run(Never);
  CHECK_MESSAGE(stage.plans == 2, "how large the table is");
  CHECK(stage.asked == Sizes{3});
  stage.planner = PlannerOf(10001, 11);
  stage.now += minutes(1);
  stage.Run(Never);
  CHECK(stage.plans == 2 + 3 + 3);
  CHECK(stage.asked == Sizes{1, 1, 1});
  stage.planner = PlannerOf(10001, 1);
  stage.now += minutes(50);
  stage.Run(Never);
  CHECK(stage.asked == Sizes{1, 1, 1});
  stage.now += minutes(10);
  stage.Run(Never);
  CHECK(stage.asked == Sizes{3});
}

TEST_CASE("after a shared statement failed the planner is asked again") {
  Stage stage;
  stage.planner = PlannerOf(5000, 1);
  stage.Run(Never);
  stage.Run([](std::size_t i, std::size_t /*counts*/) {
    if (i < 2) throw CollectError(ErrorKind::kQuery, "division by zero");
  });
  CHECK(stage.asked == Sizes{3, 1, 1, 1});
  CHECK(stage.plans == 0);
  stage.Run(Never);
  CHECK_MESSAGE(stage.plans == 3, "two alone, one joined");
  CHECK(stage.asked == Sizes{2, 1});
}

TEST_CASE("a table locked while it is planned is told as a timeout, and nothing is asked") {
  Stage stage;
  stage.planner = [](std::size_t /*counts*/) -> Rows {
    throw CollectError(ErrorKind::kTimeout, "lock timeout");
  };
  CHECK(stage.Run(Never) == PartResult::kTimedOut);
  CHECK(stage.asked.empty());
  REQUIRE(stage.scan.Problems().size() == 3);
  for (const CollectError& problem : stage.scan.Problems()) {
    CHECK(problem.kind() == ErrorKind::kTimeout);
  }
}

TEST_CASE("mode auto estimates plain counts of large analyzed tables only") {
  struct Case {
    double rows;
    const char* statistics;
    bool estimated;
  };
  for (const Case& one :
       {Case{100'001, "whole", true}, Case{100'000, "whole", false}, Case{5e6, "empty", false},
        Case{5e6, "none", false}, Case{5e6, "other", false}, Case{5e6, "nonsense", false}}) {
    CAPTURE(one.statistics);
    CAPTURE(one.rows);
    SqlCount plain = Count("a");
    SqlCount filtered = Count("b");
    plain.mode = filtered.mode = CountMode::kAuto;
    filtered.where = "x";
    Stage stage({plain, filtered});
    stage.planner = PlannerOf(one.rows, 1);
    stage.statistics = one.statistics;
    stage.Run(Never);
    CHECK(stage.asked == (one.estimated ? Sizes{1} : Sizes{2}));
    CHECK(stage.Values("a") == std::vector<double>{one.estimated ? one.rows : 1});
    CHECK(stage.Values("b") == std::vector<double>{1});
    CHECK(stage.Estimated() == Samples{{"a", one.estimated ? 1 : 0}});
  }
}

TEST_CASE("mode auto counts a table that was emptied since the planner saw it") {
  SqlCount count = Count("a");
  count.mode = CountMode::kAuto;
  Stage stage({count});
  stage.planner = PlannerOf(5e6, 1);
  stage.Run(Never);
  CHECK(stage.Values("a") == std::vector<double>{5e6});
  stage.planner = PlannerOf(2550, 1);
  stage.Run(Never);
  CHECK(stage.asked == Sizes{1});
  CHECK(stage.Values("a") == std::vector<double>{1});
  CHECK(stage.Estimated() == Samples{{"a", 0}});
}

TEST_CASE("mode estimate takes the planner's rows, or has no value and a reason") {
  struct Case {
    const char* statistics;
    std::vector<double> shown;
  };
  for (const Case& one :
       {Case{"whole", {250}}, Case{"other", {250}}, Case{"empty", {0}}, Case{"none", {}}}) {
    CAPTURE(one.statistics);
    SqlCount count = Count("a");
    count.mode = CountMode::kEstimate;
    count.where = "x";
    Stage stage({count, Count("b")});
    stage.planner = PlannerOf(250, 1);
    stage.statistics = one.statistics;
    stage.Run(Never);
    CHECK_MESSAGE(stage.asked == Sizes{1}, "of b");
    CHECK(stage.Values("a") == one.shown);
    CHECK(stage.Estimated().size() == one.shown.size());
    REQUIRE(stage.scan.Problems().size() == (one.shown.empty() ? 1 : 0));
    for (const CollectError& problem : stage.scan.Problems()) {
      CHECK(problem.kind() == ErrorKind::kMissing);
      CHECK(problem.part() == "a");
    }
  }
}

TEST_CASE("a count with a bound runs apart") {
  SqlCount bounded = Count("a");
  bounded.up_to = 5;
  Stage stage({bounded, Count("b"), Count("c")});
  stage.Run(Never);
  CHECK(stage.asked == Sizes{2, 1});
  CHECK(stage.Shown() == "abc");
}

TEST_CASE("an answer of another statement is none") {
  exporter::Watchdog watchdog;
  ScriptedSql session([](const SqlStatement& statement) -> Rows {
    if (!statement.text.starts_with("SELECT")) return Refused(0);
    return {{"exporter_count_0", "more", "exporter_count_1"}, {{"7", "8", "9"}}};
  });
  CountScan scan({Count("a"), Count("b")}, {});
  scan.Refresh({session, {exporter::Deadline::After(seconds(60)), watchdog}, kStart});
  exporter::FamilySet families;
  scan.Write(families, kStart);
  CHECK(std::move(families).Take().empty());
  REQUIRE(scan.Problems().size() == 2);
  CHECK(scan.Problems()[0].kind() == ErrorKind::kQuery);
}

}  // namespace collectors
