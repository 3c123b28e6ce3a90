#include "exporter/page/snapshot_store.h"

#include <doctest/doctest.h>

#include "exporter/forms/exposition.h"
#include "tests/support/store_run.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using namespace testing;

}  // namespace

TEST_CASE_FIXTURE(OneRun, "a store knows nothing of a collector before its first run has ended") {
  const CollectorHealth health = HealthAt(10ms);
  CHECK_FALSE(health.up);
  CHECK_FALSE(health.finished);
  CHECK(AllRuns(health) == 0);
  CHECK(health.last_success_unix == 0);
  CHECK_FALSE(store.Ready(kStart + 10ms));
  CHECK(TextAt(store, 10ms).empty());
}

TEST_CASE_FIXTURE(OneRun, "a reading is shown with its health, its problems counted by kind") {
  Reading reading = Gauges({"a", "b"});
  reading.problems.emplace_back(ErrorKind::kMissing, "no table", "orders");
  reading.problems.emplace_back(ErrorKind::kMissing, "no table", "users");
  reading.problems.emplace_back(ErrorKind::kQuery, "syntax", "tokens");
  store.RunEnded(0, At(250ms, 1795240000), std::move(reading));
  const CollectorHealth health = HealthAt(300ms);
  CHECK(health.up);
  CHECK(health.finished);
  CHECK(health.failed_parts == 3);
  CHECK(health.series == 2);
  CHECK(health.duration_seconds == doctest::Approx(0.25));
  CHECK(health.last_success_unix == 1795240000);
  CHECK(Count(health, RunResult::kSuccess) == 1);
  CHECK(AllRuns(health) == 1);
  CHECK(Count(health, ErrorKind::kMissing) == 2);
  CHECK(Count(health, ErrorKind::kQuery) == 1);
  CHECK(store.Ready(kStart + 300ms));
  CHECK(TextAt(store, 300ms) == "# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n");
}

TEST_CASE("a failed run keeps the last good samples, and says at once that it failed") {
  struct Case {
    ErrorKind kind;
    RunResult result;
  };
  const Case cases[] = {{ErrorKind::kConnect, RunResult::kError},
                        {ErrorKind::kAuth, RunResult::kError},
                        {ErrorKind::kTimeout, RunResult::kTimeout}};
  for (const Case& one : cases) {
    OneRun run;
    run.store.RunEnded(0, At(100ms, 7), Gauges({"a"}));
    run.store.RunStarted(0, kStart + 15s, kStart + 16s);
    run.store.RunFailed(0, At(15100ms, 22), CollectError(one.kind, "no"));
    const CollectorHealth health = run.HealthAt(15200ms);
    CHECK_FALSE(health.up);
    CHECK(Count(health, one.result) == 1);
    CHECK(Count(health, one.kind) == 1);
    CHECK(AllRuns(health) == 2);
    CHECK(health.last_success_unix == 7);
    CHECK(TextAt(run.store, 15200ms) == "# TYPE a gauge\na 1\n");
  }
}

TEST_CASE_FIXTURE(OneRun, "a failed first run makes the collector ready") {
  store.RunFailed(0, At(100ms), CollectError(ErrorKind::kConnect, "refused"));
  CHECK(store.Ready(kStart + 100ms));
}

TEST_CASE_FIXTURE(OneRun, "a skipped run is up, and withdraws what was shown") {
  store.RunEnded(0, At(100ms), Gauges({"a"}));
  store.RunStarted(0, kStart + 15s, kStart + 16s);
  store.RunEnded(0, At(15100ms), Skipped());
  const CollectorHealth health = HealthAt(15200ms);
  CHECK(health.up);
  CHECK(Count(health, RunResult::kSkipped) == 1);
  CHECK(health.series == 0);
  CHECK(TextAt(store, 15200ms).empty());
}

TEST_CASE("a failed run may show what is known without the target") {
  for (const auto& [kind, result] : {std::pair(ErrorKind::kConnect, RunResult::kError),
                                     std::pair(ErrorKind::kTimeout, RunResult::kTimeout)}) {
    OneRun run;
    run.store.RunEnded(0, At(100ms, 7), Gauges({"a", "b"}));
    run.store.RunStarted(0, kStart + 15s, kStart + 16s);
    Reading reading = Gauges({"b"}, 2);
    reading.failure.emplace(kind, "no");
    reading.problems.emplace_back(ErrorKind::kPermission, "not you", "events");
    run.store.RunEnded(0, At(15100ms, 22), std::move(reading));
    const CollectorHealth health = run.HealthAt(15200ms);
    CHECK_FALSE(health.up);
    CHECK(Count(health, result) == 1);
    CHECK(Count(health, RunResult::kSuccess) == 1);
    CHECK(Count(health, kind) == 1);
    CHECK(Count(health, ErrorKind::kPermission) == 1);
    CHECK(health.failed_parts == 1);
    CHECK(health.last_success_unix == 7);
    REQUIRE(health.last_errors.size() == 2);
    CHECK(health.last_errors[0].kind() == kind);
    CHECK(TextAt(run.store, 15200ms) == "# TYPE b gauge\nb 2\n");
    run.store.RunStarted(0, kStart + 30s, kStart + 31s);
    run.store.RunEnded(0, At(30100ms, 37), Gauges({"a"}));
    CHECK(run.HealthAt(30200ms).up);
  }
}

TEST_CASE_FIXTURE(OneRun, "a problem that stands is told and not counted again") {
  Reading reading = Gauges({"a"});
  reading.standing.emplace_back(ErrorKind::kMissing, "no table", "orders");
  store.RunEnded(0, At(100ms), std::move(reading));
  CHECK(HealthAt(200ms).failed_parts == 1);
  CHECK(Count(HealthAt(200ms), ErrorKind::kMissing) == 0);
}

TEST_CASE_FIXTURE(OneRun, "a failed run withdraws what was shown where it may be wrong by now") {
  store.RunEnded(0, At(100ms), Gauges({"a"}));
  store.RunStarted(0, kStart + 15s, kStart + 16s);
  store.RunFailed(0, At(15100ms), CollectError(ErrorKind::kConnect, "gone"),
                  SnapshotStore::LastReading::kGoes);
  const CollectorHealth health = HealthAt(15200ms);
  CHECK_FALSE(health.up);
  CHECK(Count(health, ErrorKind::kConnect) == 1);
  CHECK(TextAt(store, 15200ms).empty());
}

TEST_CASE_FIXTURE(OneRun, "a run that ended too late withdraws what may be wrong by now, too") {
  store.RunEnded(0, At(100ms), Gauges({"a"}));
  store.RunStarted(0, kStart + 15s, kStart + 16s);
  store.RunFailed(0, At(20s), CollectError(ErrorKind::kConnect, "gone"),
                  SnapshotStore::LastReading::kGoes);
  CHECK(Count(HealthAt(20100ms), RunResult::kTimeout) == 1);
  CHECK(TextAt(store, 20100ms).empty());
}

TEST_CASE_FIXTURE(OneRun, "nothing of a reading is shown past the time that it names") {
  Reading reading = Gauges({"a"});
  reading.families.Open(prometheus::MetricType::Gauge, "b", "", kStart + 40s).Add(1);
  reading.families.Open(prometheus::MetricType::Gauge, "c", "", kStart + 3s).Add(1);
  reading.shown_until = kStart + 5s;
  store.RunEnded(0, At(100ms), std::move(reading));
  CHECK(store.Health(kStart + 2s).at(0).series == 3);
  TextAt(store, 4s);
  CHECK(HealthAt(4s).series == 2);
  CHECK(TextAt(store, 5s).empty());
}

TEST_CASE_FIXTURE(OneRun, "what a collector tells of its own work bears its name") {
  FamilySet account;
  account.Gauge("exporter_collector_leader", "").Add(1);
  store.TakeAccount(0, std::move(account));
  const auto reported = HealthAt(0s).account;
  REQUIRE(reported->size() == 1);
  std::string text;
  AppendText(text, *reported->front().family);
  CHECK(text ==
        "# TYPE exporter_collector_leader gauge\n"
        "exporter_collector_leader{collector=\"only\"} 1\n");
}

TEST_CASE_FIXTURE(OneRun, "a run is overdue only after the grace past its deadline") {
  CHECK_FALSE(HealthAt(1s + kOverdueGrace).finished);
  CHECK_FALSE(store.Ready(kStart + 1s + kOverdueGrace));
  const CollectorHealth overdue = HealthAt(1s + kOverdueGrace + 1ms);
  CHECK(overdue.finished);
  CHECK_FALSE(overdue.up);
  CHECK(Count(overdue, RunResult::kTimeout) == 1);
  CHECK(Count(overdue, ErrorKind::kTimeout) == 1);
  CHECK(store.Ready(kStart + 2s));
}

TEST_CASE("an overdue run is counted once, whatever it ends with, and is not shown") {
  struct Case {
    std::string what;
    void (*end)(SnapshotStore&);
  };
  const Case cases[] = {
      {"success", [](SnapshotStore& store) { store.RunEnded(0, At(9s, 9), Gauges({"a"})); }},
      {"error",
       [](SnapshotStore& store) {
         store.RunFailed(0, At(9s, 9), CollectError(ErrorKind::kConnect, "no"));
       }},
      {"timeout",
       [](SnapshotStore& store) {
         store.RunFailed(0, At(9s, 9), CollectError(ErrorKind::kTimeout, "no"));
       }},
      {"skip", [](SnapshotStore& store) { store.RunEnded(0, At(9s, 9), Skipped()); }},
  };
  for (const Case& one : cases) {
    INFO(one.what);
    OneRun run;
    for (const auto after : {5s, 6s}) CHECK(Count(run.HealthAt(after), RunResult::kTimeout) == 1);
    one.end(run.store);
    const CollectorHealth health = run.HealthAt(10s);
    CHECK_FALSE(health.up);
    CHECK(AllRuns(health) == 1);
    CHECK(Count(health, RunResult::kTimeout) == 1);
    CHECK(Count(health, ErrorKind::kTimeout) == 1);
    CHECK(Count(health, ErrorKind::kConnect) == 0);
    CHECK(health.last_success_unix == 0);
    CHECK(TextAt(run.store, 10s).empty());
  }
}

TEST_CASE_FIXTURE(OneRun, "a collector recovers from an overdue run with its next success") {
  store.RunEnded(0, At(9s), Gauges({"a"}));
  store.RunStarted(0, kStart + 15s, kStart + 16s);
  CHECK_FALSE(HealthAt(15100ms).up);  // Of the last run that ended.
  store.RunEnded(0, At(15200ms), Gauges({"a"}));
  CHECK(HealthAt(15300ms).up);
  CHECK(AllRuns(HealthAt(15300ms)) == 2);
}

TEST_CASE("series are withdrawn at stale_after, or earlier where their family says so") {
  SnapshotStore store;
  store.AddSlot(Spec("one", 10s));
  store.AddSlot(Spec("two", 30s));
  Reading reading = Gauges({"b"});
  reading.families.Open(prometheus::MetricType::Gauge, "a", "", kStart + 5s).Add(1);
  store.RunEnded(0, At(0s), std::move(reading));
  store.RunEnded(1, At(0s), Gauges({"c"}));
  struct Case {
    std::chrono::milliseconds after;
    std::string text;
    std::size_t first_series;
  };
  const std::string b = "# TYPE b gauge\nb 1\n";
  const std::string c = "# TYPE c gauge\nc 1\n";
  const Case cases[] = {{4999ms, "# TYPE a gauge\na 1\n" + b + c, 2},
                        {5s, b + c, 1},
                        {9999ms, b + c, 1},
                        {10s, c, 0},
                        {30s, "", 0}};
  for (const Case& one : cases) {
    CHECK(TextAt(store, one.after) == one.text);
    CHECK(store.Health(kStart + one.after).at(0).series == one.first_series);
  }
}

}  // namespace exporter
