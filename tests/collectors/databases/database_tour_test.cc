#include "collectors/databases/database_tour.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

#include "collectors/parts/part_schedule.h"
#include "tests/collectors/databases/tour_stage.h"

namespace collectors::touring {
namespace {

using exporter::ErrorKind;

// Another database that only records its deadline.
class DeadlineOf : public ScriptedSql {
 public:
  explicit DeadlineOf(Deadline& deadline)
      : ScriptedSql(
            [](const SqlStatement&) -> Rows { throw CollectError(ErrorKind::kTimeout, "mute"); }),
        deadline_(deadline) {}
  int ServerVersion(const exporter::CollectContext& context) override {
    deadline_ = context.deadline;
    throw CollectError(ErrorKind::kTimeout, "mute");
  }

 private:
  Deadline& deadline_;
};

}  // namespace

TEST_CASE("a tour visits each database, its own over its own connection") {
  Stage stage;
  CHECK(stage.Run() == PartResult::kDone);
  CHECK(stage.server.connected == Names{"a", "b"});
  CHECK(stage.Shown("size") == Samples{{"a", 1}, {"b", 1}, {"own", 3}});
  CHECK(stage.Shown("pg_scrape_collector_success") == Samples{{"tables", 1}});
  CHECK(stage.tour.Problems().empty());
  CHECK(stage.tour.Standing().empty());
}

TEST_CASE("between two rounds nothing is asked but the list of databases") {
  Stage stage;
  stage.Run();
  CHECK(stage.Run(kInterval / 2) == PartResult::kDone);
  CHECK(stage.server.asked.empty());
  CHECK(stage.session.asked.size() == 3);  // Two lists, and the own database's statement.
  stage.Run(kInterval - seconds(1));
  CHECK(stage.server.asked == Names{"a", "b", "own"});
}

TEST_CASE("a query with a longer interval is not asked in every round") {
  Stage stage({{{}, {}}}, 2 * kInterval);
  stage.Run();
  stage.Run(kInterval);
  CHECK(stage.server.asked.empty());
  CHECK(stage.Shown("size").size() == 3);
  stage.Run(2 * kInterval);
  CHECK(stage.server.asked.size() == 3);
}

TEST_CASE("a tour stops at half of a run's time, and goes on there in the next run") {
  Stage stage;
  stage.server.slow = {"a"};
  CHECK(stage.Run({}, milliseconds(100)) == PartResult::kPostponed);
  CHECK(stage.Shown("size") == Samples{{"a", 1}});
  CHECK(stage.Problems() == Names{"there was no time yet for 2 of 3 databases: the next collection "
                                  "goes on with them"});
  CHECK(stage.Run(seconds(15)) == PartResult::kDone);
  CHECK(stage.Shown("size") == Samples{{"a", 1}, {"b", 1}, {"own", 3}});
  CHECK(stage.server.connected == Names{"a", "b"});
  CHECK(stage.Problems().empty());
}

TEST_CASE("a tour asks all once, and then no more than the database's time affords") {
  Stage stage;
  DbTime db_time(0.05, seconds(15));
  stage.server.on_asked = [&] { db_time.Spend(stage.now, milliseconds(800)); };  // Paid after 16 s.
  const auto run = [&](milliseconds after) {
    stage.now = kStart + after;
    stage.server.asked.clear();
    db_time.BeginRun(stage.now);
    const exporter::CollectContext context{Deadline::After(minutes(1)), stage.watchdog};
    return stage.tour.Refresh({stage.session, context, stage.now, &db_time});
  };
  CHECK(run({}) == PartResult::kDone);
  CHECK(stage.server.asked == Names{"a", "b", "own"});
  CHECK(run(kInterval) == PartResult::kPostponed);
  CHECK(stage.server.asked == Names{"a"});
  CHECK(run(kInterval + seconds(15)) == PartResult::kPostponed);
  CHECK(stage.server.asked.empty());
  CHECK(run(kInterval + seconds(30)) == PartResult::kPostponed);
  CHECK(stage.server.asked == Names{"b"});
  CHECK(run(kInterval + seconds(60)) == PartResult::kDone);
  CHECK(stage.server.asked == Names{"own"});
  // The next round begins an interval after the beginning of this one, not after its end.
  CHECK(run(2 * kInterval) == PartResult::kPostponed);
}

TEST_CASE("a database that cannot be visited costs itself, and keeps its rows for a while") {
  for (const ErrorKind kind : {ErrorKind::kConnect, ErrorKind::kAuth, ErrorKind::kPermission}) {
    Stage stage;
    stage.Run();
    stage.server.broken = {{"a", {kind, "broken"}}};
    stage.Run(kInterval);
    CHECK(stage.Shown("size") == Samples{{"a", 1}, {"b", 1}, {"own", 3}});
    CHECK(stage.Shown("pg_scrape_collector_success") == Samples{{"tables", 0}});
    REQUIRE(stage.tour.Problems().size() == 1);
    CHECK(stage.tour.Problems()[0].kind() == kind);
    CHECK(stage.Problems() == Names{"database \"a\": broken"});
    stage.Run(3 * kInterval);
    CHECK(stage.Shown("size") == Samples{{"b", 1}, {"own", 3}});
  }
}

TEST_CASE("a failure counts in the run that met it, and stands in the others") {
  Stage stage;
  stage.server.broken = {{"a", {ErrorKind::kPermission, "broken"}}};
  stage.Run();
  CHECK(stage.tour.Problems().size() == 1);
  CHECK(stage.tour.Standing().empty());
  stage.Run(seconds(15));
  CHECK(stage.tour.Problems().empty());
  CHECK(stage.tour.Standing().size() == 1);
}

TEST_CASE("what was unlucky is asked again in its database alone") {
  const CollectError locked(ErrorKind::kTimeout, "locked", exporter::Outlook::kPassing);
  for (const CollectError& error : {locked, CollectError(ErrorKind::kConnect, "reset")}) {
    Stage stage;
    stage.server.broken = {{"a", error}};
    CHECK(stage.Run() == PartResult::kUnlucky);
    CHECK(stage.Retry(seconds(5)) == PartResult::kUnlucky);
    CHECK(stage.server.asked == Names{"a"});
    // Two passing failures in a row: wait for two runs.
    CHECK(stage.Run(seconds(15)) == PartResult::kDone);
    CHECK(stage.server.asked.empty());
    stage.server.broken.clear();
    CHECK(stage.Run(seconds(30)) == PartResult::kDone);
    CHECK(stage.server.asked == Names{"a"});
    CHECK(stage.Shown("size").size() == 3);
    CHECK(stage.Retry(seconds(35)) == PartResult::kDone);
    CHECK(stage.server.asked.empty());
  }
}

TEST_CASE("a database that refuses for good is asked again in the next round") {
  Stage stage;
  stage.server.broken = {{"a", {ErrorKind::kPermission, "no"}}};
  CHECK(stage.Run() == PartResult::kDone);
  stage.Retry(seconds(5));
  stage.Run(seconds(15));
  CHECK(stage.server.asked.empty());
  stage.Run(kInterval);
  CHECK(stage.server.asked == Names{"a", "b", "own"});
}

TEST_CASE("a database that takes all the time leaves some for what the others found") {
  Stage stage;
  Deadline of_visit = Deadline::After(seconds(0));
  stage.session.other_database = [&](const std::string&) {
    return std::make_unique<DeadlineOf>(of_visit);
  };
  stage.Run({}, seconds(10));
  CHECK(of_visit.when() < stage.deadline.when() - milliseconds(900));
  CHECK(of_visit.Remaining() > seconds(5));
}

TEST_CASE("a lost connection of the collector's own ends the run, and what is owed stays owed") {
  Stage stage;
  stage.server.broken = {{"own", {ErrorKind::kConnect, "broken"}}};
  CHECK_THROWS_AS(stage.Run(), CollectError);
  stage.server.broken.clear();
  CHECK(stage.Retry(seconds(5)) == PartResult::kDone);
  CHECK(stage.server.asked == Names{"own"});
}

TEST_CASE("a dropped database is gone with the next run, and one of its name is another") {
  Stage stage;
  stage.Run();
  stage.server.databases = {{"b", "2"}, {"own", "3"}};
  stage.Run(seconds(15));
  CHECK(stage.Shown("size") == Samples{{"b", 1}, {"own", 3}});
  CHECK(stage.session.forgotten == Names{"a"});
  stage.server.databases = {{"b", "4"}, {"own", "3"}};
  stage.server.broken = {{"b", {ErrorKind::kPermission, "no"}}};
  stage.Run(seconds(30));
  CHECK(stage.Shown("size") == Samples{{"own", 3}});
  CHECK(stage.session.forgotten == Names{"a", "b"});
}

TEST_CASE("a new database is visited in the next run, and the others are not") {
  Stage stage;
  stage.Run();
  stage.server.databases.emplace("new", "9");
  stage.Run(seconds(15));
  CHECK(stage.server.asked == Names{"new"});
  CHECK(stage.Shown("size") == Samples{{"a", 1}, {"b", 1}, {"new", 3}, {"own", 3}});
}

TEST_CASE("databases beyond the bound are counted and not visited") {
  Stage stage({{{}, {}}, 1});
  stage.Run();
  CHECK(stage.Shown("size") == Samples{{"a", 1}});
  REQUIRE(stage.tour.Problems().size() == 1);
  CHECK(stage.tour.Problems()[0].kind() == ErrorKind::kLimit);
  CHECK(stage.Problems()[0].starts_with("3 databases match"));
}

TEST_CASE("an excluded database is not visited, nor is it beyond the bound") {
  Stage stage({{{}, {"a"}}, 2});
  stage.Run();
  CHECK(stage.Shown("size") == Samples{{"b", 1}, {"own", 3}});
  CHECK(stage.tour.Problems().empty());
}

TEST_CASE("that no database matches is a problem") {
  Stage stage({{{"tenent_.*"}, {}}});
  stage.Run();
  REQUIRE(stage.tour.Problems().size() == 1);
  CHECK(stage.tour.Problems()[0].kind() == ErrorKind::kMissing);
  CHECK(stage.Problems()[0].starts_with("none of the server's 3 databases matches"));
}

TEST_CASE("a database whose name a pooler sends to another one is not asked") {
  Stage stage;
  stage.server.leads_to = {{"a", "b"}};
  stage.Run();
  CHECK(stage.Shown("size") == Samples{{"b", 1}, {"own", 3}});
  REQUIRE(stage.tour.Problems().size() == 1);
  CHECK(stage.tour.Problems()[0].kind() == ErrorKind::kMissing);
  CHECK(stage.Problems()[0].find("leads to another database, \"b\"") != std::string::npos);
}

TEST_CASE("a part that had no turn in any database has no outcome") {
  Stage stage({{{}, {}}}, [](const std::string& name) {
    return Named({"tables", "indexes"}, name);
  });
  stage.server.slow = {"a"};
  CHECK(stage.Run({}, milliseconds(100)) == PartResult::kPostponed);
  CHECK(stage.Shown("pg_scrape_collector_success") == Samples{{"tables", 1}});
  stage.server.slow.clear();
  CHECK(stage.Run(seconds(15)) == PartResult::kDone);
  CHECK(stage.Shown("pg_scrape_collector_success") == Samples{{"indexes", 1}, {"tables", 1}});
}

TEST_CASE("what is wrong with the list counts once a round, and stands between") {
  const DatabaseRules none{{{"tenent_.*"}, {}}};
  const DatabaseRules few{{{}, {}}, 1};
  for (const DatabaseRules& rules : {none, few}) {
    Stage stage(rules);
    stage.Run();
    CHECK(stage.tour.Problems().size() == 1);
    stage.Run(seconds(15));
    CHECK(stage.tour.Problems().empty());
    CHECK(stage.tour.Standing().size() == 1);
    stage.server.databases.emplace("new", "9");
    stage.Run(seconds(30));
    CHECK_MESSAGE(stage.tour.Problems().size() == 1, "it is another one");
    CHECK(stage.tour.Standing().empty());
    stage.Run(kInterval);
    CHECK(stage.tour.Problems().size() == 1);
  }
}

TEST_CASE("databases come and go while the database's time is not paid for") {
  Stage stage;
  auto db_time = std::make_shared<DbTime>(0.05, seconds(15));
  Parts parts;
  parts.push_back(std::make_unique<DatabaseTour>(
      DatabaseRules{{{}, {}}}, [](const std::string& name) { return SizeOf(name, std::nullopt); }));
  PartSchedule schedule(std::move(parts), seconds(15), db_time);
  const auto run = [&](milliseconds after) {
    stage.server.asked.clear();
    const exporter::CollectContext context{Deadline::After(minutes(1)), stage.watchdog};
    db_time->BeginRun(kStart + after);
    auto reading = schedule.Collect({stage.session, context, kStart + after, db_time.get()});
    Samples samples = SamplesOf(std::move(reading.families), "size");
    std::ranges::sort(samples);
    return samples;
  };
  CHECK(run({}).size() == 3);
  db_time->Spend(kStart, seconds(60));  // Paid after 20 minutes.
  stage.server.databases = {{"a", "1"}, {"new", "9"}, {"own", "3"}};
  CHECK(run(seconds(15)) == Samples{{"a", 1}, {"new", 3}, {"own", 3}});
  CHECK(stage.server.asked == Names{"new"});
  CHECK(run(kInterval).size() == 3);
  CHECK_MESSAGE(stage.server.asked.empty(), "the round waits until it is paid for");
  run(minutes(20));
  CHECK(stage.server.asked == Names{"a", "new", "own"});
}

TEST_CASE("without time the tour says so, and what failed before stands") {
  Stage stage;
  stage.server.broken = {{"a", {ErrorKind::kPermission, "no"}}};
  stage.Run();
  stage.tour.Skip();
  REQUIRE(stage.tour.Problems().size() == 1);
  CHECK(stage.tour.Problems()[0].kind() == ErrorKind::kTimeout);
  CHECK(stage.tour.Standing().size() == 1);
}

TEST_CASE("a tour claims its series for any database") {
  const auto claims = Stage().tour.Claims();
  REQUIRE_FALSE(claims.empty());
  CHECK(claims[0].name == "size");
  CHECK(claims[0].labels == exporter::Labels{{"datname", "*"}});
}

}  // namespace collectors::touring
