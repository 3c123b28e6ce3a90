#include "collectors/parts/metered_session.h"

#include <doctest/doctest.h>

#include <thread>

#include "tests/support/scripted_sql.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using std::chrono::milliseconds;
using std::chrono::seconds;

using Samples = std::vector<std::pair<std::string, double>>;

struct Stage {
  exporter::Watchdog watchdog;
  exporter::CollectContext context{exporter::Deadline::After(seconds(60)), watchdog};
  std::shared_ptr<DbTime> db_time = std::make_shared<DbTime>(0.05, seconds(5));
  std::vector<std::string> asked;

  MeteredSession Session(ScriptedSql::Answer answer) {
    const auto noting = [this, answer](const SqlStatement& statement) {
      asked.push_back(statement.text);
      return answer(statement);
    };
    return {std::make_unique<ScriptedSql>(noting), db_time};
  }
};

exporter::FamilySet Told(const MeteredSession& session) {
  exporter::FamilySet families;
  session.Write(families);
  return families;
}

Rows TwoRows(const SqlStatement& /*statement*/) { return {{"n"}, {{"1"}, {"2"}}}; }

}  // namespace

TEST_CASE("a statement's time, rows and success are told under its name") {
  Stage stage;
  MeteredSession session = stage.Session([](const SqlStatement& statement) {
    std::this_thread::sleep_for(milliseconds(20));
    return TwoRows(statement);
  });
  session.Query(stage.context, {.text = "SELECT 1", .name = "tokens"});
  session.Query(stage.context, {.text = "SELECT 2"});
  CHECK(stage.db_time->spent() >= milliseconds(40));
  CHECK(SamplesOf(Told(session), "exporter_query_rows") == Samples{{"tokens", 2}});
  const auto durations = SamplesOf(Told(session), "exporter_query_duration_seconds");
  REQUIRE(durations.size() == 1);
  CHECK(durations[0].second >= 0.02);
  CHECK(SamplesOf(Told(session), "exporter_query_last_success_timestamp_seconds")[0].second > 1e9);
  CHECK(SamplesOf(Told(session), "exporter_db_time_seconds_total")[0].second >= 0.04);
}

TEST_CASE("a statement that fails has cost its time, and keeps the rows of its last success") {
  Stage stage;
  bool fails = false;
  MeteredSession session = stage.Session([&](const SqlStatement& statement) {
    if (!fails) return TwoRows(statement);
    std::this_thread::sleep_for(milliseconds(20));
    throw CollectError(ErrorKind::kTimeout, "slow");
  });
  session.Query(stage.context, {.text = "SELECT 1", .name = "tokens"});
  const auto success = SamplesOf(Told(session), "exporter_query_last_success_timestamp_seconds");
  fails = true;
  CHECK_THROWS_AS(session.Query(stage.context, {.text = "SELECT 1", .name = "tokens"}),
                  CollectError);
  CHECK(stage.db_time->spent() >= milliseconds(20));
  CHECK(SamplesOf(Told(session), "exporter_query_duration_seconds")[0].second >= 0.02);
  CHECK(SamplesOf(Told(session), "exporter_query_rows") == Samples{{"tokens", 2}});
  CHECK(SamplesOf(Told(session), "exporter_query_last_success_timestamp_seconds") == success);
}

TEST_CASE("a statement that a server never answered costs it nothing, and the next waits briefly") {
  Stage stage;
  MeteredSession session = stage.Session([](const SqlStatement&) -> Rows {
    std::this_thread::sleep_for(milliseconds(20));
    throw CollectError(ErrorKind::kTimeout, "no answer");
  });
  const exporter::CollectContext brief{exporter::Deadline::After(milliseconds(10)), stage.watchdog};
  CHECK_THROWS_AS(session.Query(brief, {.text = "SELECT 1"}), CollectError);
  CHECK(stage.db_time->spent() == milliseconds(0));
}

TEST_CASE("a parallel statement costs the time of every process that may work on it") {
  Stage stage;
  MeteredSession session = stage.Session([](const SqlStatement& statement) {
    if (statement.text.find("max_parallel_workers_per_gather") != std::string::npos) {
      return Rows{{"setting"}, {{"2"}}};
    }
    std::this_thread::sleep_for(milliseconds(20));
    return TwoRows(statement);
  });
  for (int n = 0; n < 2; ++n) {
    session.Query(stage.context, {.text = "SELECT 1", .parallel = true});
  }
  CHECK(stage.db_time->spent() >= milliseconds(120));
  CHECK(stage.asked.size() == 3);  // The setting is asked once.
}

TEST_CASE("a statement is told of by its database, as long as there is one") {
  Stage stage;
  MeteredSession session = stage.Session(TwoRows);
  for (const char* const database : {"", "shop", "gone"}) {
    session.Query(stage.context, {.text = "SELECT 1", .name = "tokens", .database = database});
  }
  CHECK(SamplesOf(Told(session), "exporter_query_rows") ==
        Samples{{"tokens", 2}, {"tokens/gone", 2}, {"tokens/shop", 2}});
  session.ForgetDatabase("gone");
  CHECK(SamplesOf(Told(session), "exporter_query_rows") ==
        Samples{{"tokens", 2}, {"tokens/shop", 2}});
}

}  // namespace collectors
