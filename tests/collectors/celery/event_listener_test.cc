#include "collectors/celery/event_listener.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;
using exporter::SteadyTime;
using exporter::Watchdog;
using std::chrono::milliseconds;

constexpr ListenerWaits kShortWaits = {milliseconds(1), milliseconds(4)};

std::string Heartbeat(const std::string& hostname) {
  return R"({"type": "worker-heartbeat", "hostname": ")" + hostname + R"("})";
}

// What a feed does. The test adds to it while the listener uses the feed.
class Script {
 public:
  void FailToOpen(ErrorKind kind, int times) {
    const std::lock_guard lock(mutex_);
    for (int i = 0; i < times; ++i) refusals_.push_back(kind);
  }
  void Say(std::string message, std::string type = "") {
    Add({std::move(message), std::nullopt, std::move(type)});
  }
  void Break(ErrorKind kind) { Add({"", kind, ""}); }
  // Events may have been dropped for this long.
  void Lose(SteadyTime::duration loss) {
    const std::lock_guard lock(mutex_);
    loss_ += loss;
  }
  SteadyTime::duration TakeLoss() {
    const std::lock_guard lock(mutex_);
    return std::exchange(loss_, {});
  }
  // Everything up to then has been read; without a call, up to now.
  void CatchUpTo(SteadyTime moment) {
    const std::lock_guard lock(mutex_);
    caught_up_ = moment;
  }
  SteadyTime caught_up() {
    const std::lock_guard lock(mutex_);
    return caught_up_.value_or(std::chrono::steady_clock::now());
  }

  void Open() {
    const std::lock_guard lock(mutex_);
    if (refusals_.empty()) return;
    const ErrorKind kind = refusals_.front();
    refusals_.pop_front();
    throw CollectError(kind, "refused");
  }
  // Waits for the next step.
  void Read(const CollectContext& context, const EventFeed::Take& take) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, context.deadline.when(), [this] { return !steps_.empty(); })) {
      return;
    }
    const Step step = steps_.front();
    steps_.pop_front();
    lock.unlock();
    if (step.failure) throw CollectError(*step.failure, "broken");
    take(step.message, step.type);
  }

 private:
  struct Step {
    std::string message;
    std::optional<ErrorKind> failure;
    std::string type;
  };
  void Add(Step step) {
    const std::lock_guard lock(mutex_);
    steps_.push_back(std::move(step));
    changed_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<ErrorKind> refusals_;
  std::deque<Step> steps_;
  std::optional<SteadyTime> caught_up_;
  SteadyTime::duration loss_ = {};
};

class ScriptedFeed : public EventFeed {
 public:
  explicit ScriptedFeed(Script& script) : script_(script) {}
  void Open(const CollectContext&) override { script_.Open(); }
  void Read(const CollectContext& context, const Take& take) override {
    script_.Read(context, take);
  }
  SteadyTime caught_up() const override { return script_.caught_up(); }
  SteadyTime::duration TakeLoss() override { return script_.TakeLoss(); }
  Wrapping wrapping() const override { return Wrapping::kPlain; }

 private:
  Script& script_;
};

// Waits until health is as wanted. Returns false after 5 s.
template <typename Wanted>
bool Becomes(const EventListener& listener, const Wanted& wanted) {
  const auto end = std::chrono::steady_clock::now() + milliseconds(5000);
  while (!wanted(listener.health())) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

// A listener to a script, and the events that it took.
struct Listening {
  explicit Listening(Script& script, ListenerWaits waits = kShortWaits)
      : listener(
            std::make_unique<ScriptedFeed>(script), milliseconds(1000), watchdog,
            [this](const CeleryEvent& event, SteadyTime) {
              const std::lock_guard lock(mutex);
              hostnames.emplace_back(event.hostname);
            },
            waits) {}

  std::vector<std::string> taken() {
    const std::lock_guard lock(mutex);
    return hostnames;
  }

  Watchdog watchdog;
  std::mutex mutex;
  std::vector<std::string> hostnames;
  EventListener listener;
};

bool IsUp(const StreamHealth& health) { return health.up; }

}  // namespace

TEST_CASE("the time in which the broker may have dropped events counts as down") {
  Script script;
  Listening heard(script);
  CHECK(Becomes(heard.listener, IsUp));
  const double before = heard.listener.health().down_seconds;
  script.Lose(milliseconds(7500));
  CHECK(Becomes(heard.listener, [](const auto& health) { return health.losses == 1; }));
  CHECK(heard.listener.health().down_seconds == doctest::Approx(before + 7.5));
  CHECK(heard.listener.health().up);
  // Also counts a loss that is known only when the connection has broken.
  script.Lose(milliseconds(2500));
  script.Break(ErrorKind::kConnect);
  CHECK(Becomes(heard.listener, [](const auto& health) { return health.connections == 2; }));
  CHECK(heard.listener.health().losses == 2);
  CHECK(heard.listener.health().down_seconds >= before + 10);
}

TEST_CASE("a stream of which some events are not JSON is not up, and that time is down") {
  Script script;
  Listening heard(script);
  CHECK(Becomes(heard.listener, IsUp));
  script.Say("\x80\x04pickled", "application/x-python-serialize");
  CHECK(Becomes(heard.listener, [](const auto& health) { return !health.up; }));
  const StreamHealth first = heard.listener.health();
  CHECK(first.foreign_type == "application/x-python-serialize");
  CHECK(first.malformed == 1);
  CHECK(!first.problem);
  CHECK(Becomes(heard.listener, [&](const auto& health) {
    return health.down_seconds >= first.down_seconds + 0.02;
  }));
  const StreamHealth later = heard.listener.health();
  CHECK(later.foreign_since == first.foreign_since);
  CHECK(later.foreign_seconds > first.foreign_seconds);
  CHECK(later.foreign_seconds <= later.down_seconds);
  // The broker may have dropped events of any sender meanwhile.
  script.Lose(milliseconds(10000));
  CHECK(Becomes(heard.listener, [](const auto& health) { return health.losses == 1; }));
  CHECK(heard.listener.health().foreign_seconds < 0);
  // Other events are heard.
  script.Say(Heartbeat("w1@box"), "application/json");
  CHECK(Becomes(heard.listener, [](const auto& health) { return health.last_event.has_value(); }));
  CHECK_FALSE(heard.listener.health().up);
  CHECK(heard.taken() == std::vector<std::string>{"w1@box"});
}

TEST_CASE("a listener hands on the events of its feed, and counts what is none") {
  Script script;
  Listening heard(script);
  CHECK(Becomes(heard.listener, IsUp));
  CHECK(!heard.listener.health().last_event);
  script.Say("no event");
  CHECK(Becomes(heard.listener, [](const auto& health) { return health.malformed == 1; }));
  CHECK(!heard.listener.health().last_event);
  script.Say("[" + Heartbeat("w1@box") + "," + Heartbeat("w2@box") + "]");
  script.Say(R"({"type": "task-progress", "hostname": "w1@box"})");
  CHECK(Becomes(heard.listener, [](const auto& health) { return health.unknown == 1; }));
  CHECK(heard.taken() == std::vector<std::string>{"w1@box", "w2@box"});
  const StreamHealth health = heard.listener.health();
  CHECK(health.connections == 1);
  CHECK(health.malformed == 1);
  REQUIRE(health.last_event);
  CHECK(*health.last_event > 1.7e9);
  CHECK(!health.problem);
}

TEST_CASE("a feed that cannot be opened is tried again until it can, and says why meanwhile") {
  Script script;
  script.FailToOpen(ErrorKind::kPermission, 3);
  Listening heard(script, {milliseconds(20), milliseconds(20)});
  CHECK(Becomes(heard.listener, [](const auto& health) { return health.problem.has_value(); }));
  const StreamHealth refused = heard.listener.health();
  CHECK(!refused.up);
  CHECK(refused.connections == 0);
  CHECK(Name(refused.problem->kind()) == "permission");
  CHECK(Becomes(heard.listener, IsUp));
  const StreamHealth health = heard.listener.health();
  CHECK(!health.problem);
  CHECK(health.connections == 1);
  CHECK(health.down_seconds >= 0.06);
}

TEST_CASE("after each failure the listener waits twice as long, up to the longest") {
  Script script;
  script.FailToOpen(ErrorKind::kConnect, 5);
  const auto start = std::chrono::steady_clock::now();
  Listening heard(script, {milliseconds(10), milliseconds(80)});
  CHECK(Becomes(heard.listener, IsUp));
  CHECK(std::chrono::steady_clock::now() - start >= milliseconds(10 + 20 + 40 + 80 + 80));
}

TEST_CASE("a feed that breaks is opened again, and the gap counts from there") {
  for (const ErrorKind kind : {ErrorKind::kConnect, ErrorKind::kTimeout, ErrorKind::kProtocol}) {
    Script script;
    Listening heard(script, {milliseconds(30), milliseconds(30)});
    CHECK(Becomes(heard.listener, IsUp));
    const double before = heard.listener.health().down_seconds;
    script.Break(kind);
    CHECK(Becomes(heard.listener, [](const auto& health) { return !health.up; }));
    CHECK(Name(heard.listener.health().problem->kind()) == Name(kind));
    script.Say(Heartbeat("w1@box"));
    CHECK(
        Becomes(heard.listener, [](const auto& health) { return health.last_event.has_value(); }));
    const StreamHealth health = heard.listener.health();
    CHECK(health.up);
    CHECK(health.connections == 2);
    CHECK(health.down_seconds - before >= 0.03);
    // down_seconds stands still while the feed is up.
    CHECK(heard.listener.health().down_seconds == health.down_seconds);
  }
}

TEST_CASE("a gap begins where it was last known that nothing was missed") {
  Script script;
  Listening heard(script, {milliseconds(20), milliseconds(20)});
  CHECK(Becomes(heard.listener, IsUp));
  const SteadyTime up = std::chrono::steady_clock::now();
  const double before = heard.listener.health().down_seconds;
  std::this_thread::sleep_for(milliseconds(300));
  // As if the broker dropped what we were too slow to read.
  script.CatchUpTo(up + milliseconds(100));
  script.Break(ErrorKind::kConnect);
  CHECK(Becomes(heard.listener, [](const auto& health) { return health.connections == 2; }));
  CHECK(heard.listener.health().down_seconds - before >= 0.2);
  // Time before the connection belongs to the earlier gap.
  script.CatchUpTo(up);
  const double after = heard.listener.health().down_seconds;
  script.Break(ErrorKind::kConnect);
  CHECK(Becomes(heard.listener, [](const auto& health) { return health.connections == 3; }));
  CHECK(heard.listener.health().down_seconds - after < 0.2);
}

TEST_CASE("what nobody has made yet is tried often at first, then as seldom as the rest") {
  Script script;
  script.FailToOpen(ErrorKind::kMissing, 14);
  const auto start = std::chrono::steady_clock::now();
  Listening heard(script, {milliseconds(1), milliseconds(100), milliseconds(2)});
  CHECK(Becomes(heard.listener, IsUp));
  const auto elapsed = std::chrono::steady_clock::now() - start;
  CHECK(elapsed >= milliseconds(12 * 2 + 2 * 100));
  CHECK(elapsed < milliseconds(2000));
}

TEST_CASE("a listener that waits tries at once where it is told to, and says how it went") {
  Script script;
  script.FailToOpen(ErrorKind::kConnect, 1);
  Listening heard(script, {milliseconds(30000), milliseconds(30000)});
  heard.listener.AwaitOutcome(exporter::Deadline::After(milliseconds(5000)));
  CHECK(heard.listener.health().problem);
  heard.listener.TryNow();
  CHECK(Becomes(heard.listener, IsUp));
  const auto start = std::chrono::steady_clock::now();
  heard.listener.AwaitOutcome(exporter::Deadline::After(milliseconds(5000)));
  CHECK(std::chrono::steady_clock::now() - start < milliseconds(1000));
}

TEST_CASE("the gap grows while the feed is down") {
  Script script;
  script.FailToOpen(ErrorKind::kConnect, 1000000);
  Listening heard(script);
  const double first = heard.listener.health().down_seconds;
  CHECK(Becomes(heard.listener,
                [first](const auto& health) { return health.down_seconds > first + 0.02; }));
}

TEST_CASE("whatever is thrown, the listener goes on") {
  Script script;
  Watchdog watchdog;
  std::atomic<int> taken = 0;
  EventListener listener(
      std::make_unique<ScriptedFeed>(script), milliseconds(1000), watchdog,
      [&taken](const CeleryEvent&, SteadyTime) {
        if (++taken == 1) throw std::runtime_error("a fault of ours");
      },
      kShortWaits);
  script.Say(Heartbeat("w1@box"));
  script.Say(Heartbeat("w1@box"));
  CHECK(Becomes(listener, [](const auto& health) { return health.last_event.has_value(); }));
  CHECK(taken == 2);
  CHECK(listener.health().connections == 2);
}

TEST_CASE("a listener ends within a fraction of a second, reading or waiting") {
  for (const bool is_refused : {false, true}) {
    CAPTURE(is_refused);
    Script script;
    if (is_refused) script.FailToOpen(ErrorKind::kConnect, 1);
    SteadyTime start;
    {
      Listening heard(script, {milliseconds(30000), milliseconds(30000)});
      CHECK(Becomes(heard.listener, [is_refused](const auto& health) {
        return is_refused ? health.problem.has_value() : health.up;
      }));
      start = std::chrono::steady_clock::now();
    }
    CHECK(std::chrono::steady_clock::now() - start < milliseconds(1000));
  }
}

}  // namespace collectors
