#include "collectors/celery/workers/worker_clock.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/worker_story.h"

namespace collectors {
namespace {

constexpr double kNow = 1.7e9;
const doctest::Approx kHour = doctest::Approx(3600);

// Heartbeats every 2 s from `from` on; each takes 10 ms to arrive.
void Beat(WorkerClock& clock, double from, int beats, double lead) {
  for (int i = 0; i < beats; ++i) {
    const double at = kNow + from + 2 * i;
    clock.Heard(at + lead - 0.01, at);
  }
}

CeleryEvent Of(EventType type, const char* hostname, double timestamp) {
  CeleryEvent event{};
  event.type = type;
  event.hostname = hostname;
  event.timestamp = timestamp;
  return event;
}

}  // namespace

TEST_CASE("a clock that is right shifts nothing, one that is off is known by a heartbeat") {
  WorkerClock good;
  CHECK_FALSE(good.lead().has_value());
  Beat(good, 0, 5, 0);
  CHECK(*good.lead() == doctest::Approx(-0.01));
  CHECK(good.shift() == 0);
  WorkerClock ahead;
  Beat(ahead, 0, 1, 3600);
  CHECK(*ahead.lead() == kHour);
  CHECK(ahead.shift() == kHour);
  WorkerClock behind;
  Beat(behind, 0, 3, -3600);
  CHECK(behind.shift() == doctest::Approx(-3600));
}

TEST_CASE("heartbeats that come late in a bunch do not make a clock wrong") {
  WorkerClock clock;
  Beat(clock, 0, 5, 0);
  for (int i = 5; i < 15; ++i) clock.Heard(kNow + 2 * i, kNow + 30);
  CHECK(clock.shift() == 0);
}

TEST_CASE("a clock that was set is known by the second heartbeat") {
  WorkerClock clock;
  Beat(clock, 0, 20, 3600);
  Beat(clock, 40, 1, 0);
  CHECK(clock.shift() == kHour);
  Beat(clock, 42, 1, 0);
  CHECK(clock.shift() == 0);
  Beat(clock, 44, 1, 3600);
  CHECK(clock.shift() == kHour);
}

TEST_CASE("the shift does not follow a lead that changes a little") {
  WorkerClock clock;
  Beat(clock, 0, 1, 3600);
  const double shift = clock.shift();
  Beat(clock, 2, 10, 3600.5);
  CHECK(clock.shift() == shift);
}

TEST_CASE("a clock at the bound does not go to and fro") {
  WorkerClock clock;
  Beat(clock, 0, 1, 5.2);
  CHECK(clock.shift() == doctest::Approx(5.19));
  Beat(clock, 2, 40, 4.8);
  CHECK(clock.shift() == doctest::Approx(5.19));
  Beat(clock, 100, 40, 2.5);
  CHECK(clock.shift() == 0);
  Beat(clock, 200, 40, 4.8);
  CHECK(clock.shift() == 0);
}

TEST_CASE("times of a worker, and of senders on its host, are corrected by its clock") {
  scripted::Story story;
  story.table.Heard(Of(EventType::kWorkerHeartbeat, "w1@h", kNow + 3600), scripted::kStart, kNow);
  const auto corrected = [&](EventType type, const char* hostname) {
    return *story.table.Corrected(Of(type, hostname, kNow + 3600)).timestamp - kNow;
  };
  CHECK(corrected(EventType::kTaskStarted, "w1@h") == doctest::Approx(0));
  CHECK(corrected(EventType::kTaskSent, "gen7@h") == doctest::Approx(0));
  CHECK(corrected(EventType::kTaskSent, "gen7@other") == kHour);
  CHECK(corrected(EventType::kTaskStarted, "w2@h") == kHour);
  CHECK(story.table.WithClockOff() == "3600 s ahead of ours: w1@h");
  CHECK(story.Page(1).at("celery_worker_clock_offset_seconds{w1@h}") == kHour);
}

}  // namespace collectors
