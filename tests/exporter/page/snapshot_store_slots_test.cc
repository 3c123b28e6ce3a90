#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "exporter/page/snapshot_store.h"
#include "tests/support/store_run.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using namespace testing;

constexpr HealthFamily kHealth[] = {
    {"redis_up", HealthValue::kUp, "Whether Redis answered."},
    {"redis_scrapes_seconds", HealthValue::kDurations, "How long the collections took."}};

}  // namespace

TEST_CASE("what a later slot loses to an earlier one counts when it publishes") {
  SnapshotStore store;
  store.AddSlot(Spec("first"));
  store.AddSlot(Spec("second"));
  store.RunEnded(0, At(0s), Gauges({"a"}, 1));
  store.RunEnded(1, At(0s), Gauges({"a", "b"}, 2));
  store.RunEnded(0, At(1s), Gauges({"a"}, 3));
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
  store.RunEnded(0, At(0s), Gauges({"a"}, 1));
  store.RunEnded(1, At(0s), Gauges({"a"}, 2));
  CHECK(TextAt(store, 9s) == "# TYPE a gauge\na 1\n");
  CHECK(TextAt(store, 10s) == "# TYPE a gauge\na 2\n");
}

TEST_CASE("the names of a health family's lines are kept free, whichever slot collects them") {
  SnapshotStore store;
  store.AddSlot(Spec("sql"));
  SlotSpec redis = Spec("cache");
  redis.health = kHealth;
  store.AddSlot(std::move(redis));
  store.RunEnded(0, At(0s),
                 Gauges({"redis_up", "redis_scrapes_seconds", "redis_scrapes_seconds_count",
                         "redis_scrapes_seconds_sum", "redis_up_sum"}));
  CHECK(TextAt(store, 0s) == "# TYPE redis_up_sum gauge\nredis_up_sum 1\n");
  CHECK(store.Health(kStart).at(0).dropped.duplicate == 4);
}

TEST_CASE("what the label policy drops is counted over the runs") {
  SnapshotStore store;
  SlotSpec spec = Spec("only");
  spec.policy.max_series = 1;
  store.AddSlot(std::move(spec));
  for (int run = 0; run < 2; ++run)
    store.RunEnded(0, At(0s), Gauges({"a", "b", "c", "not-a-name"}));
  const Dropped dropped = store.Health(kStart).at(0).dropped;
  CHECK(dropped.limit == 4);
  CHECK(dropped.invalid == 2);
}

TEST_CASE("series that a collector itself left out are counted as dropped by a limit") {
  SnapshotStore store;
  store.AddSlot(Spec("only"));
  Reading reading = Gauges({"a"});
  reading.cut_series = 3;
  store.RunEnded(0, At(0s), std::move(reading));
  CHECK(store.Health(kStart).at(0).dropped.limit == 3);
}

TEST_CASE("a page of chosen slots has theirs alone, as of now") {
  SnapshotStore store;
  for (const char* name : {"one", "two", "three"}) store.AddSlot(Spec(name, 10s));
  store.RunEnded(0, At(0s), Gauges({"a", "shared"}, 1));
  store.RunEnded(1, At(0s), Gauges({"b", "shared"}, 2));
  CHECK(store.PageOf({{"two"}, {}}, kStart)->Text() ==
        "# TYPE b gauge\nb 2\n# TYPE shared gauge\nshared 2\n");
  CHECK(store.PageOf({{"three"}, {}}, kStart)->Text().empty());
  CHECK(store.PageOf({{"one", "two", "three"}, {}}, kStart)->Text() == TextAt(store, 0s));
  CHECK(store.PageOf({{"two"}, {}}, kStart + 10s)->Text().empty());
}

TEST_CASE("a page that is being sent outlives the publications that follow") {
  SnapshotStore store;
  store.AddSlot(Spec("only"));
  store.RunEnded(0, At(0s), Gauges({"a"}, 1));
  const auto sent = store.CurrentPage(kStart);
  for (double value : {2, 3}) store.RunEnded(0, At(0s), Gauges({"a"}, value));
  CHECK(sent->Text() == "# TYPE a gauge\na 1\n");
  CHECK(TextAt(store, 0s) == "# TYPE a gauge\na 3\n");
}

// Each reading's samples have one value, so a page that mixed two readings of
// a collector, or lost one of its families, would show.
TEST_CASE("a store is ready no sooner than the first reading is on the page") {
  SnapshotStore store;
  store.AddSlot(Spec("large"));
  store.RunStarted(0, kStart, kStart + 1h);
  Reading reading;
  auto& family = reading.families.Gauge("large_value", "");
  for (int n = 0; n < 50'000; ++n) family.Add({{"n", std::to_string(n)}}, n);
  std::jthread publishing([&] { store.RunEnded(0, At(1s), std::move(reading)); });
  while (!store.Ready(kStart + 1s)) std::this_thread::yield();
  const bool is_shown = !TextAt(store, 1s).empty();
  publishing.join();
  CHECK(is_shown);
}

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
        store.RunEnded(slot, {now, 1}, Gauges(names[slot], run));
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
