#include "collectors/parts/named_part.h"

#include <doctest/doctest.h>

#include "tests/support/scripted_sql.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::SteadyTime;

const SteadyTime kStart = SteadyTime() + std::chrono::seconds(1000);

NamedPart TwoStatements() {
  std::vector<std::unique_ptr<SqlPart>> statements;
  statements.push_back(std::make_unique<QueryPart>(GaugeQuery("a")));
  statements.push_back(std::make_unique<QueryPart>(GaugeQuery("b")));
  return {"pair", std::move(statements)};
}

struct Run {
  Run(NamedPart& part, ScriptedSql::Answer answer, exporter::Deadline deadline)
      : session(std::move(answer)) {
    result = part.Refresh({session, {deadline, watchdog}, kStart});
    part.Write(families, kStart);
    for (const PartOutcome& outcome : part.Outcomes()) WriteOutcome(families, outcome);
  }
  double Success() const { return SamplesOf(families, "pg_scrape_collector_success")[0].second; }
  double Seconds() const {
    return SamplesOf(families, "pg_scrape_collector_duration_seconds")[0].second;
  }

  exporter::Watchdog watchdog;
  ScriptedSql session;
  PartResult result = PartResult::kDone;
  exporter::FamilySet families;
};

const exporter::Deadline kLater = exporter::Deadline::After(std::chrono::minutes(1));

Rows One(const SqlStatement& /*statement*/) { return {{"v"}, {{"1"}}}; }

}  // namespace

TEST_CASE("a part succeeds where all of its statements do") {
  NamedPart part = TwoStatements();
  const Run run(part, One, kLater);
  CHECK(run.result == PartResult::kDone);
  CHECK(run.Success() == 1);
  CHECK(run.Seconds() >= 0);
  CHECK(part.Problems().empty());
}

TEST_CASE("a statement that fails costs itself and the part's success") {
  NamedPart part = TwoStatements();
  const Run run(
      part,
      [](const SqlStatement& statement) {
        if (statement.text == "SELECT a") throw CollectError(ErrorKind::kPermission, "no");
        return One(statement);
      },
      kLater);
  CHECK(run.result == PartResult::kFailed);
  CHECK(run.Success() == 0);
  CHECK(SamplesOf(run.families, "a").empty());
  CHECK(SamplesOf(run.families, "b").size() == 1);
  REQUIRE(part.Problems().size() == 1);
  CHECK(part.Problems()[0].kind() == ErrorKind::kPermission);
}

TEST_CASE("without time a part has not succeeded") {
  NamedPart part = TwoStatements();
  const Run run(part, One, exporter::Deadline::At(SteadyTime()));
  CHECK(run.result == PartResult::kTimedOut);
  CHECK(run.Success() == 0);
  CHECK(run.session.asked.empty());
  CHECK(part.Problems().size() == 2);
  CHECK(part.Problems()[0].kind() == ErrorKind::kTimeout);
}

TEST_CASE("a part that had no turn yet has no outcome, and one without time for it has failed") {
  NamedPart part = TwoStatements();
  CHECK(part.Outcomes().empty());
  part.Skip();
  REQUIRE(part.Outcomes().size() == 1);
  CHECK_FALSE(part.Outcomes()[0].succeeded);
}

TEST_CASE("a query is not asked where its condition is false") {
  SqlQuery query = GaugeQuery("a");
  query.when = "SELECT false";
  for (const auto& [answer, asked] : {std::pair{"f", 1U}, std::pair{"t", 2U}}) {
    QueryPart part(query);
    exporter::Watchdog watchdog;
    ScriptedSql session([&, text = answer](const SqlStatement&) { return Rows{{"v"}, {{text}}}; });
    CHECK(part.Refresh({session, {kLater, watchdog}, kStart}) == PartResult::kDone);
    CHECK(session.asked.size() == asked);
  }
}

}  // namespace collectors
