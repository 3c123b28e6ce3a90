#include "collectors/postgres/database_tour.h"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <thread>

#include "tests/support/scripted_sql.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using exporter::SteadyTime;
using std::chrono::milliseconds;
using std::chrono::minutes;

using Samples = std::vector<std::pair<std::string, double>>;

const SteadyTime kStart = SteadyTime() + std::chrono::seconds(1000);
constexpr minutes kInterval(5);

// A server with databases, of which `own` is the collector's.
struct Server {
  std::vector<std::string> databases = {"a", "b", "own"};
  std::map<std::string, ErrorKind> broken;
  std::set<std::string> slow;          // Answers when the deadline of a run has nearly come.
  std::vector<std::string> connected;  // To which other databases, in order.
};

// One statement, which yields the number of letters of the database's name.
std::vector<std::unique_ptr<NamedPart>> PartsOf(const std::string& database) {
  SqlQuery query = GaugeQuery("size");
  query.rules.own_interval = true;
  query.rules.stale_after = 3 * kInterval;
  query.metrics[0].metric.constant_labels = {{"datname", database}};
  std::vector<std::unique_ptr<SqlPart>> statements;
  statements.push_back(std::make_unique<QueryPart>(std::move(query)));
  std::vector<std::unique_ptr<NamedPart>> parts;
  parts.push_back(std::make_unique<NamedPart>("tables", std::move(statements)));
  return parts;
}

struct Stage {
  explicit Stage(std::size_t max = 20, const std::vector<std::string>& exclude = {})
      : tour({{{}, exclude}, max, kInterval}, PartsOf) {
    session.other_database = [this](const std::string& database) {
      server.connected.push_back(database);
      return std::make_unique<ScriptedSql>(
          [this, database](const SqlStatement&) { return Size(database); });
    };
  }

  Rows Size(const std::string& database) {
    if (const auto error = server.broken.find(database); error != server.broken.end()) {
      throw CollectError(error->second, "broken");
    }
    while (server.slow.contains(database) && deadline.Remaining() > milliseconds(20)) {
      std::this_thread::yield();
    }
    return {{"v"}, {{std::to_string(database.size())}}};
  }

  Rows Answer(const SqlStatement& statement) {
    if (statement.text == "SELECT size") return Size("own");
    Rows rows{{"datname", "own"}, {}};
    for (const std::string& name : server.databases) {
      rows.cells.push_back({name, name == "own" ? "t" : "f"});
    }
    return rows;
  }

  PartResult Run(milliseconds after = {}, milliseconds budget = minutes(1)) {
    now = kStart + after;
    deadline = Deadline::After(budget);
    return tour.Refresh({session, {deadline, watchdog}, now});
  }

  Samples Shown(const std::string& name) const {
    exporter::FamilySet families;
    tour.Write(families, now);
    return SamplesOf(std::move(families), name);
  }

  Server server;
  exporter::Watchdog watchdog;
  Deadline deadline = Deadline::After(minutes(1));
  SteadyTime now = kStart;
  ScriptedSql session{[this](const SqlStatement& statement) { return Answer(statement); }};
  DatabaseTour tour;
};

}  // namespace

TEST_CASE("a tour visits each database, its own over its own connection") {
  Stage stage;
  CHECK(stage.Run() == PartResult::kDone);
  CHECK(stage.server.connected == std::vector<std::string>{"a", "b"});
  CHECK(stage.Shown("size") == Samples{{"a", 1}, {"b", 1}, {"own", 3}});
  CHECK(stage.Shown("pg_scrape_collector_success") == Samples{{"tables", 1}});
  CHECK(stage.tour.Problems().empty());
  CHECK(stage.tour.Interval() == kInterval);
}

TEST_CASE("a tour stops at half of a run's time, and goes on there in the next run") {
  Stage stage;
  stage.server.slow = {"a"};
  stage.Run({}, milliseconds(100));
  CHECK(stage.Shown("size") == Samples{{"a", 1}});
  CHECK_FALSE(stage.tour.Interval());
  stage.Run(milliseconds(15000));
  CHECK(stage.Shown("size") == Samples{{"a", 1}, {"b", 1}, {"own", 3}});
  CHECK(stage.server.connected == std::vector<std::string>{"a", "b"});
  CHECK(stage.tour.Interval() == kInterval);
}

TEST_CASE("a database that cannot be visited costs itself, and keeps its rows for a while") {
  for (const ErrorKind kind : {ErrorKind::kConnect, ErrorKind::kAuth, ErrorKind::kPermission}) {
    Stage stage;
    stage.Run();
    stage.server.broken = {{"a", kind}};
    stage.Run(kInterval);
    CHECK(stage.Shown("size") == Samples{{"a", 1}, {"b", 1}, {"own", 3}});
    CHECK(stage.Shown("pg_scrape_collector_success") == Samples{{"tables", 0}});
    REQUIRE(stage.tour.Problems().size() == 1);
    CHECK(stage.tour.Problems()[0].kind() == kind);
    CHECK(std::string(stage.tour.Problems()[0].what()) == "database \"a\": broken");
    stage.Run(3 * kInterval);
    CHECK(stage.Shown("size") == Samples{{"b", 1}, {"own", 3}});
  }
}

TEST_CASE("a lost connection of the collector's own ends the run") {
  Stage stage;
  stage.server.broken = {{"own", ErrorKind::kConnect}};
  CHECK_THROWS_AS(stage.Run(), CollectError);
}

TEST_CASE("a dropped database is gone with the next tour") {
  Stage stage;
  stage.Run();
  stage.server.databases = {"b", "own"};
  stage.Run(kInterval);
  CHECK(stage.Shown("size") == Samples{{"b", 1}, {"own", 3}});
}

TEST_CASE("databases beyond the bound are counted and not visited") {
  Stage stage(1);
  stage.Run();
  CHECK(stage.Shown("size") == Samples{{"a", 1}});
  REQUIRE(stage.tour.Problems().size() == 1);
  CHECK(stage.tour.Problems()[0].kind() == ErrorKind::kLimit);
  CHECK(std::string(stage.tour.Problems()[0].what()).starts_with("3 databases match"));
}

TEST_CASE("an excluded database is not visited, nor is it beyond the bound") {
  Stage stage(2, {"a"});
  stage.Run();
  CHECK(stage.Shown("size") == Samples{{"b", 1}, {"own", 3}});
  CHECK(stage.tour.Problems().empty());
}

TEST_CASE("without time the tour says so") {
  Stage stage;
  stage.tour.Skip();
  REQUIRE(stage.tour.Problems().size() == 1);
  CHECK(stage.tour.Problems()[0].kind() == ErrorKind::kTimeout);
}

TEST_CASE("a tour claims its series for any database") {
  const auto claims = Stage().tour.Claims();
  REQUIRE_FALSE(claims.empty());
  CHECK(claims[0].name == "size");
  CHECK(claims[0].labels == exporter::Labels{{"datname", "*"}});
}

}  // namespace collectors
