#include "exporter/snapshot_store.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "exporter/page.h"
#include "exporter/relabel.h"
#include "exporter/snapshot.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kStart{};

Moment At(std::chrono::milliseconds after, double unix_seconds = 0) {
  return {kStart + after, unix_seconds};
}

SlotSpec Spec(std::string name, std::chrono::milliseconds stale_after = 45s) {
  return {std::move(name), "fake", {}, {}, stale_after};
}

Reading Gauges(const std::vector<std::string>& names, double value = 1) {
  Reading reading;
  for (const std::string& name : names) reading.families.Gauge(name, "").Add(value);
  return reading;
}

Reading Skipped() {
  Reading reading;
  reading.skipped = true;
  return reading;
}

std::uint64_t Count(const CollectorHealth& health, RunResult result) {
  return health.collections[static_cast<std::size_t>(result)];
}

std::uint64_t Count(const CollectorHealth& health, ErrorKind kind) {
  return health.errors[static_cast<std::size_t>(kind)];
}

std::uint64_t AllRuns(const CollectorHealth& health) {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : health.collections) sum += count;
  return sum;
}

std::string TextAt(SnapshotStore& store, std::chrono::milliseconds after) {
  return store.CurrentPage(kStart + after)->Text();
}

// A store of one slot, and a run of it that started at 0 with a second to go.
struct OneRun {
  OneRun() {
    store.AddSlot(Spec("only"));
    store.RunStarted(0, kStart, kStart + 1s);
  }
  CollectorHealth HealthAt(std::chrono::milliseconds after) const {
    return store.Health(kStart + after).at(0);
  }
  SnapshotStore store;
};

constexpr HealthFamily kHealth[] = {{"redis_up", HealthValue::kUp, "Whether Redis answered."}};

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
  store.RunSucceeded(0, At(250ms, 1795240000), std::move(reading));
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
    run.store.RunSucceeded(0, At(100ms, 7), Gauges({"a"}));
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
  store.RunSucceeded(0, At(100ms), Gauges({"a"}));
  store.RunStarted(0, kStart + 15s, kStart + 16s);
  store.RunSucceeded(0, At(15100ms), Skipped());
  const CollectorHealth health = HealthAt(15200ms);
  CHECK(health.up);
  CHECK(Count(health, RunResult::kSkipped) == 1);
  CHECK(health.series == 0);
  CHECK(TextAt(store, 15200ms).empty());
}

TEST_CASE_FIXTURE(OneRun, "a problem that stands is told and not counted again") {
  Reading reading = Gauges({"a"});
  reading.standing.emplace_back(ErrorKind::kMissing, "no table", "orders");
  store.RunSucceeded(0, At(100ms), std::move(reading));
  CHECK(HealthAt(200ms).failed_parts == 1);
  CHECK(Count(HealthAt(200ms), ErrorKind::kMissing) == 0);
}

TEST_CASE_FIXTURE(OneRun, "a failed run withdraws what was shown where it may be wrong by now") {
  store.RunSucceeded(0, At(100ms), Gauges({"a"}));
  store.RunStarted(0, kStart + 15s, kStart + 16s);
  store.RunFailed(0, At(15100ms), CollectError(ErrorKind::kConnect, "gone"),
                  SnapshotStore::LastReading::kGoes);
  const CollectorHealth health = HealthAt(15200ms);
  CHECK_FALSE(health.up);
  CHECK(Count(health, ErrorKind::kConnect) == 1);
  CHECK(TextAt(store, 15200ms).empty());
}

TEST_CASE_FIXTURE(OneRun, "a run that ended too late withdraws what may be wrong by now, too") {
  store.RunSucceeded(0, At(100ms), Gauges({"a"}));
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
  store.RunSucceeded(0, At(100ms), std::move(reading));
  CHECK(store.Health(kStart + 2s).at(0).series == 3);
  TextAt(store, 4s);
  CHECK(HealthAt(4s).series == 2);
  CHECK(TextAt(store, 5s).empty());
}

TEST_CASE_FIXTURE(OneRun, "what a collector tells of its own work bears its name") {
  FamilySet account;
  account.Gauge("exporter_collector_leader", "").Add(1);
  store.TakeAccount(0, std::move(account));
  CHECK(HealthAt(0s).account->text.find("exporter_collector_leader{collector=\"only\"} 1\n") !=
        std::string::npos);
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
      {"success", [](SnapshotStore& store) { store.RunSucceeded(0, At(9s, 9), Gauges({"a"})); }},
      {"error",
       [](SnapshotStore& store) {
         store.RunFailed(0, At(9s, 9), CollectError(ErrorKind::kConnect, "no"));
       }},
      {"timeout",
       [](SnapshotStore& store) {
         store.RunFailed(0, At(9s, 9), CollectError(ErrorKind::kTimeout, "no"));
       }},
      {"skip", [](SnapshotStore& store) { store.RunSucceeded(0, At(9s, 9), Skipped()); }},
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
  store.RunSucceeded(0, At(9s), Gauges({"a"}));
  store.RunStarted(0, kStart + 15s, kStart + 16s);
  CHECK_FALSE(HealthAt(15100ms).up);  // Of the last run that ended.
  store.RunSucceeded(0, At(15200ms), Gauges({"a"}));
  CHECK(HealthAt(15300ms).up);
  CHECK(AllRuns(HealthAt(15300ms)) == 2);
}

TEST_CASE("series are withdrawn at stale_after, or earlier where their family says so") {
  SnapshotStore store;
  store.AddSlot(Spec("one", 10s));
  store.AddSlot(Spec("two", 30s));
  Reading reading = Gauges({"b"});
  reading.families.Open(prometheus::MetricType::Gauge, "a", "", kStart + 5s).Add(1);
  store.RunSucceeded(0, At(0s), std::move(reading));
  store.RunSucceeded(1, At(0s), Gauges({"c"}));
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

TEST_CASE("what a later slot loses to an earlier one counts when it publishes") {
  SnapshotStore store;
  store.AddSlot(Spec("first"));
  store.AddSlot(Spec("second"));
  store.RunSucceeded(0, At(0s), Gauges({"a"}, 1));
  store.RunSucceeded(1, At(0s), Gauges({"a", "b"}, 2));
  store.RunSucceeded(0, At(1s), Gauges({"a"}, 3));
  const auto health = store.Health(kStart + 1s);
  CHECK(health[0].dropped.duplicate == 0);
  CHECK(health[1].dropped.duplicate == 1);
  CHECK(health[1].series == 1);
  CHECK(TextAt(store, 1s) == "# TYPE a gauge\na 3\n# TYPE b gauge\nb 2\n");
}

TEST_CASE("a later slot's series takes the place when the earlier slot's has expired") {
  SnapshotStore store;
  store.AddSlot(Spec("first", 10s));
  store.AddSlot(Spec("second", 60s));
  store.RunSucceeded(0, At(0s), Gauges({"a"}, 1));
  store.RunSucceeded(1, At(0s), Gauges({"a"}, 2));
  CHECK(TextAt(store, 9s) == "# TYPE a gauge\na 1\n");
  CHECK(TextAt(store, 10s) == "# TYPE a gauge\na 2\n");
}

TEST_CASE("a health family's name is kept free, whichever slot collects it") {
  SnapshotStore store;
  store.AddSlot(Spec("sql"));
  SlotSpec redis = Spec("cache");
  redis.health = kHealth;
  store.AddSlot(std::move(redis));
  store.RunSucceeded(0, At(0s), Gauges({"redis_up"}));
  CHECK(TextAt(store, 0s).empty());
  CHECK(store.Health(kStart).at(0).dropped.duplicate == 1);
}

TEST_CASE("what the label policy drops is counted over the runs") {
  SnapshotStore store;
  SlotSpec spec = Spec("only");
  spec.policy.max_series = 1;
  store.AddSlot(std::move(spec));
  for (int run = 0; run < 2; ++run)
    store.RunSucceeded(0, At(0s), Gauges({"a", "b", "c", "not-a-name"}));
  const Dropped dropped = store.Health(kStart).at(0).dropped;
  CHECK(dropped.limit == 4);
  CHECK(dropped.invalid == 2);
}

TEST_CASE("series that a collector itself left out are counted as dropped by a limit") {
  SnapshotStore store;
  store.AddSlot(Spec("only"));
  Reading reading = Gauges({"a"});
  reading.cut_series = 3;
  store.RunSucceeded(0, At(0s), std::move(reading));
  CHECK(store.Health(kStart).at(0).dropped.limit == 3);
}

TEST_CASE("a page of chosen slots has theirs alone, as of now") {
  SnapshotStore store;
  for (const char* name : {"one", "two", "three"}) store.AddSlot(Spec(name, 10s));
  store.RunSucceeded(0, At(0s), Gauges({"a", "shared"}, 1));
  store.RunSucceeded(1, At(0s), Gauges({"b", "shared"}, 2));
  CHECK(store.PageOf({"two"}, kStart)->Text() ==
        "# TYPE b gauge\nb 2\n# TYPE shared gauge\nshared 2\n");
  CHECK(store.PageOf({"three"}, kStart)->Text().empty());
  CHECK(store.PageOf({"one", "two", "three"}, kStart)->Text() == TextAt(store, 0s));
  CHECK(store.PageOf({"two"}, kStart + 10s)->Text().empty());
}

TEST_CASE("a page that is being sent outlives the publications that follow") {
  SnapshotStore store;
  store.AddSlot(Spec("only"));
  store.RunSucceeded(0, At(0s), Gauges({"a"}, 1));
  const auto sent = store.CurrentPage(kStart);
  for (double value : {2, 3}) store.RunSucceeded(0, At(0s), Gauges({"a"}, value));
  CHECK(sent->Text() == "# TYPE a gauge\na 1\n");
  CHECK(TextAt(store, 0s) == "# TYPE a gauge\na 3\n");
}

// Each reading's samples have one value, so a page that mixed two readings of
// a collector, or lost one of its families, would show.
TEST_CASE("scrapes beside publications see every collector's reading whole") {
  constexpr int kRuns = 300;
  constexpr std::size_t kSlots = 3;
  SnapshotStore store;
  const std::vector<std::string> parts = {"_1", "_2", "_3", "_4"};
  std::vector<std::vector<std::string>> names(kSlots);
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    store.AddSlot(Spec(std::to_string(slot), 1ms));  // Expires while it is scraped.
    for (const std::string& part : parts)
      names[slot].push_back("x" + part + std::string(1, static_cast<char>('a' + slot)));
  }
  std::atomic<std::size_t> publishing = kSlots;
  std::atomic<int> torn = 0;
  std::vector<std::jthread> threads;
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    threads.emplace_back([&, slot] {
      for (int run = 0; run < kRuns; ++run) {
        const SteadyTime now = std::chrono::steady_clock::now();
        store.RunStarted(slot, now, now + 1h);
        store.RunSucceeded(slot, {now, 1}, Gauges(names[slot], run));
      }
      --publishing;
    });
  }
  for (int scraper = 0; scraper < 2; ++scraper) {
    threads.emplace_back([&] {
      while (publishing > 0) {
        const std::string page = "\n" + store.CurrentPage(std::chrono::steady_clock::now())->Text();
        for (const auto& slot : names) {
          std::string first;
          for (const std::string& name : slot) {
            const std::size_t at = page.find("\n" + name + " ");
            const std::string value =
                at == std::string::npos
                    ? "absent"
                    : page.substr(at + name.size() + 2,
                                  page.find('\n', at + 1) - at - name.size() - 2);
            if (first.empty()) first = value;
            if (value != first) ++torn;
          }
        }
      }
    });
  }
  threads.clear();
  CHECK(torn == 0);
  for (const CollectorHealth& health : store.Health(std::chrono::steady_clock::now()))
    CHECK(Count(health, RunResult::kSuccess) == kRuns);
}

}  // namespace exporter
