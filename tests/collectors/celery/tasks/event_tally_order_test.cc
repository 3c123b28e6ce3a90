// How long tasks wait in queues that may hand out a later one first, and after a gap in the events.

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>

#include "collectors/celery/tasks/event_tally.h"
#include "tests/support/task_stories.h"

namespace collectors {

using namespace testing;

namespace {

// A tally, and readings of the queue celery; `at` is in seconds from the start.
struct Watched {
  Watched() : tally(Options()) {}

  void Sends(double at, const char* id) {
    Tell(tally, {WithId(Sent(at), id)}, kStart + Seconds(at));
  }
  void Takes(double at, const char* id) {
    Tell(tally, {WithId(Received(at), id)}, kStart + Seconds(at));
  }
  // Age of the oldest task, if the broker has `waiting`; absent if it is not known.
  std::optional<double> Age(double at, double waiting) {
    const auto since = tally.OldestWaiting("celery", waiting, kStart + Seconds(at), kEpoch + at);
    return since ? std::optional(kEpoch + at - *since) : std::nullopt;
  }

  static exporter::SteadyTime::duration Seconds(double seconds) {
    return std::chrono::duration_cast<exporter::SteadyTime::duration>(
        std::chrono::duration<double>(seconds));
  }

  EventTally tally;
};

}  // namespace

TEST_CASE("with priorities an old task is not forgotten because a later one is taken") {
  Watched queue;
  queue.tally.SetQueueOrder("celery", false);
  CHECK_FALSE(queue.Age(0, 0));
  queue.Sends(1, "low");
  queue.Sends(20, "high");
  CHECK(queue.Age(30, 2) == 29);
  queue.Takes(31, "high");
  CHECK(queue.Age(40, 1) == 39);
  // The broker may report one fewer before the event arrives.
  queue.Sends(41, "next");
  CHECK(queue.Age(50, 1) == 49);
  queue.Takes(50.1, "next");
  CHECK(queue.Age(60, 1) == 59);
  queue.Takes(61, "low");
  CHECK_FALSE(queue.Age(70, 0));
  CHECK_FALSE(queue.tally.IsOvertaken("celery"));
}

TEST_CASE("with priorities nothing is known of the oldest if tasks are taken unheard") {
  Watched queue;
  CHECK_FALSE(queue.Age(0, 0));
  queue.Sends(1, "low");
  queue.Sends(20, "high");
  CHECK(queue.Age(30, 2) == 29);
  CHECK_FALSE(queue.Age(45, 1));
  CHECK_FALSE(queue.tally.IsOvertaken("celery"));
  CHECK_FALSE(queue.Age(60, 1));
  CHECK(queue.tally.IsOvertaken("celery"));
  // Also if as many wait as are known.
  queue.Sends(61, "more");
  queue.Sends(62, "and more");
  CHECK_FALSE(queue.Age(75, 3));
  // It is known again ten minutes after the last unheard take, once the queue has been empty.
  queue.Takes(80, "more");
  queue.Takes(80, "and more");
  CHECK_FALSE(queue.Age(500, 0));
  CHECK_FALSE(queue.Age(515, 0));
  CHECK(queue.tally.IsOvertaken("celery"));
  queue.Sends(1300, "later");
  CHECK_FALSE(queue.tally.IsOvertaken("celery"));
  CHECK(queue.Age(1310, 1) == 10);
}

TEST_CASE("with priorities what waited before we looked may be older than all that is known") {
  Watched queue;
  queue.Sends(1, "first");
  queue.Sends(1, "second");
  CHECK_FALSE(queue.Age(10, 3));
  queue.Takes(11, "first");
  CHECK_FALSE(queue.Age(20, 1));  // The unknown task, or the second.
  queue.Takes(21, "second");
  CHECK_FALSE(queue.Age(30, 0));
  queue.Sends(31, "third");
  CHECK(queue.Age(40, 1) == 9);
}

TEST_CASE("in order, those that are gone unheard are the first") {
  Watched queue;
  queue.tally.SetQueueOrder("celery", true);
  queue.Sends(1, "first");
  queue.Sends(20, "second");
  CHECK(queue.Age(30, 2) == 29);
  CHECK(queue.Age(45, 1) == 25);
  CHECK_FALSE(queue.tally.IsOvertaken("celery"));
}

TEST_CASE("after a gap of events nothing that was known waits, until all that waits is known") {
  for (const bool is_in_order : {false, true}) {
    CAPTURE(is_in_order);
    Watched queue;
    queue.tally.SetQueueOrder("celery", is_in_order);
    queue.Age(0, 0);
    queue.Sends(1, "before");
    CHECK(queue.Age(10, 1) == 9);
    queue.tally.Missed();
    // "before" was taken and another task was sent, both unheard.
    CHECK_FALSE(queue.Age(20, 1));
    queue.Sends(21, "after");
    CHECK_FALSE(queue.Age(30, 2));
    queue.Takes(31, "unheard of");
    queue.Takes(32, "after");
    CHECK_FALSE(queue.Age(40, 0));
    queue.Sends(41, "later");
    CHECK(queue.Age(50, 1) == 9);
  }
}

}  // namespace collectors
