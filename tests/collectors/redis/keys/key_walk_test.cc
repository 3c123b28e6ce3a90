#include "collectors/redis/keys/key_walk.h"

#include <doctest/doctest.h>

#include <set>

#include "exporter/seam/watchdog.h"
#include "tests/support/scripted_store.h"
#include "tests/support/taken.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::SteadyTime;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ScriptedStore;

// Records what a walk reports.
class Notes : public WalkListener {
 public:
  explicit Notes(std::string glob = "*", int database = 0)
      : glob_(std::move(glob)), database_(database) {}
  int database() const override { return database_; }
  const std::string& glob() const override { return glob_; }
  void WalkBegan() override {
    keys.clear();
    story += "began ";
  }
  void KeysFound(const KeyBatch& batch) override {
    keys.insert(batch.keys.begin(), batch.keys.end());
  }
  void WalkEnded() override { story += "ended "; }
  void WalkBrokenOff() override { story += "broken "; }

  std::set<std::string> keys;
  std::string story;

 private:
  std::string glob_;
  int database_;
};

// Walks through a store on a simulated clock: each round trip takes `trip`.
struct Walking {
  explicit Walking(WalkLimits limits = {}) : walks(limits, [this] { return now; }) {
    store.before_trip = [this] { now += trip; };
  }

  void Fill(std::size_t count, int database = 0) {
    for (std::size_t i = 0; i < count; ++i) {
      store.databases[database]["key:" + std::to_string(i)] = "1";
    }
  }
  // Collects once. Returns the number of commands sent.
  std::size_t Collect() {
    store.Forget();
    reading = {};
    walks.Step({exporter::Deadline::At(now + seconds(5)), watchdog}, store, now, 1700000000,
               reading);
    return store.Count();
  }

  exporter::Watchdog watchdog;
  ScriptedStore store;
  SteadyTime now{seconds(1000)};
  milliseconds trip{0};
  KeyWalks walks;
  exporter::Reading reading;
};

std::string ShownBy(exporter::Reading reading) {
  std::string shown;
  for (const auto& timed : exporter::testing::TakenFrom(std::move(reading.families))) {
    for (const auto& metric : timed.family.metric) {
      shown += metric.label[0].value + " " + std::to_string(metric.gauge.value) + "\n";
    }
  }
  return shown;
}

}  // namespace

TEST_CASE("a walk names every key once it is due, and costs nothing until the next one") {
  Walking walking;
  walking.Fill(2500);
  Notes notes;
  walking.walks.Add(notes);
  walking.trip = milliseconds(2);
  CHECK(walking.Collect() == 3);
  CHECK(notes.keys.size() == 2500);
  CHECK(notes.story == "began ended ");
  CHECK(ShownBy(std::move(walking.reading)) ==
        "db0 0.006000\ndb0 2500.000000\ndb0 1700000000.000000\n");

  walking.now += seconds(200);
  CHECK(walking.Collect() == 0);
  walking.now += seconds(100);
  CHECK(walking.Collect() == 3);
  CHECK(notes.story == "began ended began ended ");
}

TEST_CASE("a walk that is beyond its keys or its time goes on in the next collection") {
  Walking by_keys({.interval = seconds(300), .keys = 2000, .time = seconds(1)});
  by_keys.Fill(5000);
  Notes notes;
  by_keys.walks.Add(notes);
  CHECK(by_keys.Collect() == 2);
  CHECK(notes.keys.size() == 2000);
  CHECK(ShownBy(std::move(by_keys.reading)).empty());
  CHECK(by_keys.Collect() == 2);
  CHECK(by_keys.Collect() == 1);
  CHECK(notes.keys.size() == 5000);
  CHECK(notes.story == "began ended ");

  Walking by_time({.interval = seconds(300), .keys = 100000, .time = milliseconds(100)});
  by_time.Fill(5000);
  Notes slow;
  by_time.walks.Add(slow);
  by_time.trip = milliseconds(60);
  CHECK(by_time.Collect() == 2);
  CHECK(slow.story == "began ");
}

TEST_CASE("a walk takes half of what is left of a collection at most") {
  Walking walking({.interval = seconds(300), .keys = 100000, .time = seconds(60)});
  walking.Fill(9000);
  Notes notes;
  walking.walks.Add(notes);
  walking.trip = milliseconds(1000);
  CHECK(walking.Collect() == 3);
}

TEST_CASE("one walk serves all who listen to a database") {
  Walking walking;
  walking.Fill(1500);
  walking.Fill(500, 3);
  Notes all;
  Notes some("key:1*");
  Notes other("*", 3);
  for (Notes* notes : {&all, &some, &other}) walking.walks.Add(*notes);
  CHECK(walking.Collect() == 3);
  CHECK(all.keys.size() == 1500);
  CHECK(some.keys.size() == 1500);
  CHECK(other.keys.size() == 500);
  CHECK(walking.walks.Claims().size() == 6);
}

TEST_CASE("the server chooses the keys where all listen for the same") {
  Walking walking;
  walking.Fill(1500);
  Notes one("key:1??");
  Notes same("key:1??");
  walking.walks.Add(one);
  walking.walks.Add(same);
  CHECK(walking.Collect() == 2);
  CHECK(walking.store.asked[0] == RedisCommand{"SCAN", "0", "COUNT", "1000", "MATCH", "key:1??"});
  CHECK(one.keys.size() == 100);
}

TEST_CASE("every shard is walked, and another number of them starts the walk over") {
  Walking walking({.interval = seconds(300), .keys = 1000, .time = seconds(1)});
  walking.Fill(100);
  walking.store.shards = 3;
  Notes notes;
  walking.walks.Add(notes);
  CHECK(walking.Collect() == 1);
  CHECK(walking.Collect() == 1);
  walking.store.shards = 2;
  CHECK(walking.Collect() == 1);
  CHECK(walking.Collect() == 1);
  CHECK(notes.keys.size() == 100);
  CHECK(notes.story == "began began ended ");
}

TEST_CASE("a walk goes on after a collection that failed") {
  Walking walking({.interval = seconds(300), .keys = 1000, .time = seconds(1)});
  walking.Fill(2000);
  Notes notes;
  walking.walks.Add(notes);
  CHECK(walking.Collect() == 1);
  walking.store.before_trip = [] { throw CollectError(ErrorKind::kTimeout, "slow"); };
  CHECK_THROWS_AS(walking.Collect(), CollectError);
  walking.store.before_trip = {};
  CHECK(walking.Collect() == 1);
  CHECK(walking.store.asked[0][1] == "1000");
  CHECK(notes.keys.size() == 2000);
  CHECK(notes.story == "began ended ");
}

TEST_CASE("a part that does not answer pauses a walk, and is a problem") {
  Walking walking;
  walking.Fill(10);
  Notes notes;
  walking.walks.Add(notes);
  walking.store.refuse = [](const auto&) { return "LOADING Redis is loading"; };
  CHECK(walking.Collect() == 1);
  REQUIRE(walking.reading.problems.size() == 1);
  CHECK(walking.reading.problems[0].kind() == ErrorKind::kConnect);
  walking.store.refuse = {};
  CHECK(walking.Collect() == 1);
  CHECK(walking.reading.problems.empty());
  CHECK(notes.story == "began ended ");
}

TEST_CASE("a SCAN that is refused is a problem until the next walk is due, and not asked before") {
  Walking walking;
  walking.Fill(10);
  Notes notes;
  walking.walks.Add(notes);
  walking.store.refuse = [](const auto&) { return "NOPERM no permissions to run 'scan'"; };
  CHECK(walking.Collect() == 1);
  CHECK(walking.Collect() == 0);
  REQUIRE(walking.reading.problems.size() == 1);
  CHECK(walking.reading.problems[0].kind() == ErrorKind::kPermission);
  CHECK(walking.reading.problems[0].part() == "key discovery");
  CHECK(walking.reading.problems[0].what() ==
        std::string("walking the keys of db0: SCAN: NOPERM no permissions to run 'scan'"));
  CHECK(notes.story == "began broken ");
  walking.store.refuse = {};
  walking.now += seconds(300);
  CHECK(walking.Collect() == 1);
  CHECK(walking.reading.problems.empty());
  CHECK(notes.story == "began broken began ended ");
}

TEST_CASE("an answer beyond the bounds breaks a walk off, and costs nothing else") {
  Walking walking;
  Notes notes;
  walking.walks.Add(notes);
  walking.store.before_trip = [] { throw CollectError(ErrorKind::kProtocol, "too long"); };
  CHECK(walking.Collect() == 0);
  REQUIRE(walking.reading.problems.size() == 1);
  CHECK(walking.reading.problems[0].kind() == ErrorKind::kProtocol);
  CHECK(notes.story == "began broken ");
}

}  // namespace collectors
