#include "exporter/run/scheduler.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <latch>

namespace exporter {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr CollectorType kFakeType{"fake", "", "", "", {}, nullptr};

class ScriptedCollector : public Collector {
 public:
  using Script = std::function<Reading(const CollectContext&)>;
  explicit ScriptedCollector(Script script) : script_(std::move(script)) {}
  Reading Collect(const CollectContext& context) override { return script_(context); }

 private:
  Script script_;
};

Job MakeJob(std::string name, milliseconds interval, milliseconds timeout,
            ScriptedCollector::Script script) {
  return {{std::move(name), interval, timeout, 3 * interval},
          &kFakeType,
          {},
          std::make_unique<ScriptedCollector>(std::move(script))};
}

Reading OneSample(double value) {
  Reading reading;
  reading.families.Gauge("orders_open", "Open orders.").Add(value);
  return reading;
}

// Blocks in read(2) on a socket nobody writes to, as a client library would.
Reading Hang(const CollectContext& context) {
  std::array<int, 2> sockets{};
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets.data()) != 0)
    throw std::runtime_error("socketpair");
  {
    const Watchdog::Guard guard = context.watchdog.Watch(sockets[0], context.deadline);
    char byte = 0;
    [[maybe_unused]] const ssize_t got = ::read(sockets[0], &byte, 1);
  }
  for (const int fd : sockets) ::close(fd);
  throw CollectError(ErrorKind::kTimeout, "no answer");
}

// Asks until the answer is yes, for five seconds at most.
bool Eventually(const std::function<bool()>& holds) {
  const auto until = steady_clock::now() + 5s;
  while (steady_clock::now() < until) {
    if (holds()) return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

CollectorHealth HealthOf(SnapshotStore& store, std::size_t slot) {
  return store.Health(steady_clock::now()).at(slot);
}

std::uint64_t Count(const CollectorHealth& health, RunResult result) {
  return health.collections[static_cast<std::size_t>(result)];
}

std::uint64_t Count(const CollectorHealth& health, ErrorKind kind) {
  return health.errors[static_cast<std::size_t>(kind)];
}

}  // namespace

TEST_CASE("NextRun keeps to the grid and skips missed times") {
  const SteadyTime origin = SteadyTime{} + 1h;
  struct {
    milliseconds now, want;
  } const cases[] = {{-5ms, 0ms}, {0ms, 10ms},  {1ms, 10ms},
                     {9ms, 10ms}, {10ms, 20ms}, {35ms, 40ms}};
  for (const auto& c : cases) {
    CAPTURE(c.now.count());
    CHECK(NextRun(origin, 10ms, origin + c.now) == origin + c.want);
  }
}

TEST_CASE("a grid's offset depends on the name alone and lies in the interval") {
  CHECK(GridOffset("cache", 15s) == GridOffset("cache", 15s));
  CHECK(GridOffset("cache", 15s) != GridOffset("business", 15s));
  for (const char* name : {"", "a", "cache", "business", "pool"}) {
    CHECK(GridOffset(name, 1s) >= 0ms);
    CHECK(GridOffset(name, 1s) < 1s);
  }
}

TEST_CASE("a retry waits twice as long each time, an hour at most, and is quick again after luck") {
  RetryDelay delay(5s);
  for (const milliseconds want : {5s, 10s, 20s, 40s}) CHECK(delay.Next() == want);
  for (int i = 0; i < 20; ++i) delay.Next();
  CHECK(delay.Next() == 1h);
  delay.Reset();
  CHECK(delay.Next() == 5s);
}

TEST_CASE("a run that met what passes is made again before its interval is over") {
  struct {
    const char* what;
    ScriptedCollector::Script script;
    bool is_made_again;
  } const cases[] = {
      {"no connection",
       [](auto&) -> Reading { throw CollectError(ErrorKind::kConnect, "refused"); }, true},
      {"a lock",
       [](auto&) -> Reading { throw CollectError(ErrorKind::kQuery, "", Outlook::kPassing); },
       true},
      {"no answer", [](auto&) -> Reading { throw CollectError(ErrorKind::kTimeout, "mute"); },
       true},
      {"no such database", [](auto&) -> Reading { throw CollectError(ErrorKind::kMissing, "no"); },
       false},
      {"a part was unlucky",
       [](auto&) {
         Reading reading = OneSample(1);
         reading.wants_retry = true;
         return reading;
       },
       true},
      {"all is well", [](auto&) { return OneSample(1); }, false},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    SnapshotStore store;
    Watchdog watchdog;
    std::atomic<int> runs = 0;
    std::atomic<int> retries = 0;
    std::vector<Job> jobs;
    jobs.push_back(MakeJob("one", 1h, 1s, [&](const CollectContext& context) {
      ++runs;
      if (context.is_retry) ++retries;
      return c.script(context);
    }));
    Scheduler scheduler(std::move(jobs), store, watchdog, 1ms);
    scheduler.Start();
    if (c.is_made_again) {
      CHECK(Eventually([&] { return retries >= 3; }));
    } else {
      CHECK(Eventually([&] { return HealthOf(store, 0).finished; }));
      std::this_thread::sleep_for(20ms);
      CHECK(runs == 1);
    }
  }
}

TEST_CASE("a hung collector delays neither its neighbours nor the stop") {
  SnapshotStore store;
  Watchdog watchdog;
  std::atomic<int> runs = 0;
  std::vector<Job> jobs;
  jobs.push_back(MakeJob("good", 20ms, 10ms, [&runs](auto&) { return OneSample(++runs); }));
  jobs.push_back(MakeJob("hung", 60ms, 50ms, Hang));
  jobs.push_back(MakeJob("stuck", 60s, 30s, Hang));
  Scheduler scheduler(std::move(jobs), store, watchdog);
  scheduler.Start();

  CHECK(Eventually([&] { return Count(HealthOf(store, 1), RunResult::kTimeout) >= 2; }));
  CHECK(Eventually([&] { return runs >= 4; }));
  CHECK(HealthOf(store, 0).up);
  CHECK_FALSE(HealthOf(store, 1).up);
  CHECK(Count(HealthOf(store, 1), ErrorKind::kTimeout) >= 2);
  CHECK_FALSE(HealthOf(store, 2).finished);

  const auto before = steady_clock::now();
  CHECK(scheduler.Stop(500ms));
  CHECK(steady_clock::now() - before < 500ms);
}

TEST_CASE("whatever a collector throws becomes the health of that collector") {
  struct {
    const char* name;
    ScriptedCollector::Script script;
    ErrorKind kind;
  } const cases[] = {
      {"auth", [](auto&) -> Reading { throw CollectError(ErrorKind::kAuth, "no"); },
       ErrorKind::kAuth},
      {"foreign", [](auto&) -> Reading { throw std::out_of_range("a fault of ours"); },
       ErrorKind::kInternal},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    SnapshotStore store;
    Watchdog watchdog;
    std::vector<Job> jobs;
    jobs.push_back(MakeJob(c.name, 1s, 1s, c.script));
    Scheduler scheduler(std::move(jobs), store, watchdog);
    scheduler.RunAllOnce();
    CHECK_FALSE(HealthOf(store, 0).up);
    CHECK(Count(HealthOf(store, 0), RunResult::kError) == 1);
    CHECK(Count(HealthOf(store, 0), c.kind) == 1);
  }
}

TEST_CASE("a run that cannot be ended is shown as timed out while it is stuck") {
  SnapshotStore store;
  Watchdog watchdog;
  std::latch release(1);
  std::vector<Job> jobs;
  jobs.push_back(MakeJob("unreachable", 30s, 20ms, [&release](auto&) {
    release.wait();  // As getaddrinfo does: no socket to shut down.
    return OneSample(1);
  }));
  Scheduler scheduler(std::move(jobs), store, watchdog);
  scheduler.Start();
  CHECK(Eventually([&] { return Count(HealthOf(store, 0), RunResult::kTimeout) == 1; }));
  CHECK(store.Ready(steady_clock::now()));
  CHECK_FALSE(scheduler.Stop(10ms));

  release.count_down();
  CHECK(scheduler.Stop(5s));
  CHECK(Count(HealthOf(store, 0), RunResult::kTimeout) == 1);
  CHECK(Count(HealthOf(store, 0), RunResult::kSuccess) == 0);
  CHECK(HealthOf(store, 0).series == 0);
}

}  // namespace exporter
