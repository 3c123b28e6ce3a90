#include "collectors/celery/tasks/event_tally.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/celery/wire/event_decoder.h"
#include "tests/support/capture.h"
#include "tests/support/celery_events.h"
#include "tests/support/task_stories.h"

namespace collectors {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using namespace testing;

// The next order of events. For a long story only some orders, spread over all.
bool NextOrder(std::vector<std::size_t>& order) {
  for (int step = order.size() > 6 ? 13 : 1; step > 0; --step) {
    if (!std::next_permutation(order.begin(), order.end())) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("before any event there is nothing to tell of tasks, but evictions are 0") {
  CHECK(After({}) == Samples{{"celery_tasks_tracked", 0},
                             {"celery_tasks_evicted_total{count}", 0},
                             {"celery_tasks_evicted_total{age}", 0},
                             {"celery_tasks_evicted_total{worker}", 0},
                             {"celery_task_series_folded_total", 0}});
}

TEST_CASE("the first event of a task makes all its counters, that of failures without a class") {
  const Samples samples = After({Sent(0)});
  CHECK(At(samples, "celery_task_sent_total{add,celery}") == 1);
  for (const std::string what :
       {"received", "started", "succeeded", "rejected", "revoked", "retried"})
    CHECK(At(samples, fmt::format("celery_task_{}_total{{add,celery}}", what)) == 0);
  CHECK(At(samples, "celery_task_failed_total{add,celery,}") == 0);
}

TEST_CASE("each story is counted once, whatever the order of its events") {
  struct Case {
    const char* what;
    Story story;
    std::string counters;
    double tracked;  // If the events come in the order of the story.
  };
  const Case cases[] = {
      {"success",
       {Sent(0), Received(1), Started(2), Succeeded(3)},
       "sent=1 received=1 started=1 succeeded=1",
       0},
      {"failure",
       {Sent(0), Received(1), Started(2), Failed(3)},
       "sent=1 received=1 started=1 failed=1",
       0},
      {"retry",
       {Sent(0), Received(1), Started(2), Sent(2.9, 1), Retried(3), Received(4, 1), Started(5),
        Succeeded(6)},
       "sent=2 received=2 started=2 succeeded=1 retried=1",
       0},
      {"expired", {Sent(0), Revoked(9)}, "sent=1 revoked=1", 0},
      {"unknown task", {Sent(0), Failed(1, "NotRegistered")}, "sent=1 failed=1", 0},
      {"ignored", {Sent(0), Received(1), Started(2)}, "sent=1 received=1 started=1", 1},
      {"rejected",
       {Sent(0), Received(1), Started(2), Rejected(3)},
       "sent=1 received=1 started=1 rejected=1",
       0},
      {"rejected and put back",
       {Sent(0), Received(1), Started(2), Rejected(3), Received(4), Started(5), Succeeded(6)},
       "sent=1 received=2 started=2 succeeded=1 rejected=1",
       0},
      {"terminated",
       {Sent(0), Received(1), Started(2), Revoked(3)},
       "sent=1 received=1 started=1 revoked=1",
       0},
      {"the worker died, another took it",
       {Sent(0), Received(1), Started(2), Received(3602), Started(3603), Succeeded(3604)},
       "sent=1 received=2 started=2 succeeded=1",
       0},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    const Samples told = After(c.story);
    CHECK(Counters(told) == c.counters);
    CHECK(At(told, "celery_tasks_tracked") == c.tracked);
    std::vector<std::size_t> order(c.story.size());
    std::iota(order.begin(), order.end(), 0);
    std::set<std::string> counters;
    bool has_ghost = false;
    do {
      EventTally tally(Options());
      for (const std::size_t i : order) tally.Count(c.story[i], kStart);
      const Samples samples = testing::SamplesOf(tally, kStart + kSettled);
      counters.insert(Counters(samples));
      has_ghost |= c.tracked == 0 && At(samples, "celery_tasks_tracked") != 0;
    } while (NextOrder(order));
    CHECK(counters == std::set<std::string>{c.counters});
    CHECK_FALSE(has_ghost);
  }
}

TEST_CASE("a run of a task ends once, however often its worker says so") {
  CHECK(Counters(After({Sent(0), Received(1), Started(2), Failed(3), Failed(3.5)})) ==
        "sent=1 received=1 started=1 failed=1");
  CHECK(Counters(After({Sent(0), Received(1), Started(2), Failed(3), Rejected(3.5)})) ==
        "sent=1 received=1 started=1 failed=1");
  CHECK(Counters(After({Sent(0), Received(1), Started(2), Failed(3), Received(4), Started(5),
                        Failed(6)})) == "sent=1 received=2 started=2 failed=2");
}

TEST_CASE("a captured run is counted as its tasks ran") {
  for (const std::string_view run : {"redis-c526-events.jsonl", "redis-c563-events.jsonl"}) {
    CAPTURE(run);
    struct Sink : EventSink {
      EventTally tally{Options()};
      void OnEvent(const CeleryEvent& event) override { tally.Count(event, kStart); }
      void OnUnknownEvent() override {}
      void OnMalformedEvent() override { FAIL("malformed"); }
    } sink;
    EventDecoder decoder;
    for (const std::string& body : testing::CelerySampleLines(run))
      decoder.Decode(body, Wrapping::kPlain, sink);
    const Samples samples = testing::SamplesOf(sink.tally, kStart + kSettled);
    const std::pair<const char*, double> expected[] = {
        {"celery_task_sent_total{lab.add,celery}", 3},
        {"celery_task_received_total{lab.add,celery}", 2},
        {"celery_task_succeeded_total{lab.add,celery}", 1},
        {"celery_task_revoked_total{lab.add,celery}", 1},
        {"celery_task_failed_total{lab.boom,celery,ValueError}", 1},
        {"celery_task_failed_total{lab.hardlimit,celery,TimeLimitExceeded}", 1},
        {"celery_task_failed_total{lab.unknown,celery,NotRegistered}", 1},
        {"celery_task_sent_total{lab.retry_once,celery}", 2},
        {"celery_task_started_total{lab.retry_once,celery}", 2},
        {"celery_task_retried_total{lab.retry_once,celery}", 1},
        {"celery_task_succeeded_total{lab.retry_once,celery}", 1},
        {"celery_task_rejected_total{lab.rejecter,celery}", 1},
        {"celery_task_revoked_total{lab.nap,celery}", 1},
        {"celery_task_runtime_count{lab.add,celery}", 1},
        {"celery_task_failure_runtime_seconds_le_1{lab.boom,celery}", 1},
        {"celery_task_failure_runtime_seconds_le_1{lab.hardlimit,celery}", 0},
        {"celery_task_failure_runtime_seconds_count{lab.hardlimit,celery}", 1},
        {"celery_task_queue_wait_time_count{lab.retry_once,celery}", 2},
        {"celery_task_worker_wait_seconds_count{lab.retry_once,celery}", 2},
        {"celery_tasks_in_progress{lab.ignorer}", 1},
        {"celery_tasks_in_progress{lab.add}", 0},
        {"celery_tasks_tracked", 2},  // The ignored task, and one that waits for its eta.
    };
    for (const auto& [key, value] : expected) {
      CAPTURE_BOUND(key);
      CHECK(At(samples, key) == value);
    }
    CHECK(sink.tally.Queues() == std::vector<std::string>{"celery"});
  }
}

TEST_CASE("an event that comes twice is counted once, a task that comes again twice") {
  CHECK(Counters(After({Sent(0), Sent(0), Received(1), Received(1), Started(2), Started(2),
                        Succeeded(3), Succeeded(3), Received(1), Started(2)})) ==
        "sent=1 received=1 started=1 succeeded=1");
  CHECK(Counters(After({Sent(0), Received(1), Started(2), Succeeded(3), Sent(10), Received(11),
                        Started(12), Succeeded(13)})) == "sent=2 received=2 started=2 succeeded=2");
}

TEST_CASE("the queue is that of task-sent, else the worker's only one, else unknown") {
  struct Case {
    const char* worker_queue;
    bool is_sent;
    std::string queue;
  };
  const Case cases[] = {{"", true, "celery"},
                        {"mail", true, "celery"},
                        {"mail", false, "mail"},
                        {"", false, "unknown"}};
  for (const Case& c : cases) {
    CAPTURE(c.queue);
    EventTally tally(Options());
    tally.SetWorkerQueue("w1@host", "some");
    tally.SetWorkerQueue("w1@host", c.worker_queue);
    tally.SetWorkerQueue("w2@host", "wrong");
    if (c.is_sent) Tell(tally, {Sent(0)});
    Tell(tally, {Received(1), Started(2), Succeeded(3)});
    const Samples samples = testing::SamplesOf(tally, kStart + kSettled);
    for (const std::string what : {"received", "started", "succeeded"})
      CHECK(At(samples, fmt::format("celery_task_{}_total{{add,{}}}", what, c.queue)) == 1);
    CHECK(At(samples, "celery_tasks_tracked") == 0);
    CHECK(tally.Queues().size() == (c.is_sent ? 1 : 0));
  }
}

TEST_CASE("a worker's events wait for the name and queue of their task, but not for long") {
  EventTally tally(Options());
  Tell(tally, {Started(2), Succeeded(3)});
  CHECK_FALSE(testing::SamplesOf(tally, kStart + seconds(1))
                  .contains("celery_task_started_total{unknown,unknown}"));
  Tell(tally, {Sent(0)}, kStart + milliseconds(1500));
  Samples samples = testing::SamplesOf(tally, kStart + milliseconds(1500));
  CHECK(Counters(samples) == "sent=1 started=1 succeeded=1");
  CHECK(At(samples, "celery_task_runtime_count{add,celery}") == 1);

  Tell(tally, {WithId(Started(2), "x")}, kStart + seconds(2));
  samples = testing::SamplesOf(tally, kStart + seconds(5));
  CHECK(At(samples, "celery_task_started_total{unknown,unknown}") == 1);
  CHECK(At(samples, "celery_tasks_in_progress{unknown}") == 1);
  Tell(tally, {WithId(Sent(0), "x"), WithId(Succeeded(3), "x")}, kStart + seconds(6));
  samples = testing::SamplesOf(tally, kStart + seconds(6));
  CHECK(Counters(samples) == "sent=2 started=1 succeeded=2");
  CHECK(At(samples, "celery_tasks_in_progress{unknown}") == 0);
}

TEST_CASE("where workers are told apart, a sender is told by its host") {
  TallyOptions options = Options();
  options.worker_label = true;
  const Samples samples = After({Sent(0), Received(1), Started(2), Failed(3)}, options);
  CHECK(At(samples, "celery_task_sent_total{add,celery,web}") == 1);
  CHECK(At(samples, "celery_task_received_total{add,celery,web}") == 0);
  CHECK(At(samples, "celery_task_sent_total{add,celery,w1@host}") == 0);
  CHECK(At(samples, "celery_task_received_total{add,celery,w1@host}") == 1);
  CHECK(At(samples, "celery_task_failed_total{add,celery,w1@host,ValueError}") == 1);
  CHECK(At(samples, "celery_task_queue_wait_time_count{add,celery,w1@host}") == 1);
  CHECK(At(samples, "celery_task_failure_runtime_seconds_count{add,celery,w1@host}") == 1);
  const Samples two = After({Sent(0), Received(1), WithHost(Started(2), "w2@host")}, options);
  CHECK(At(two, "celery_task_received_total{add,celery,w1@host}") == 1);
  CHECK(At(two, "celery_task_started_total{add,celery,w2@host}") == 1);
}

TEST_CASE("an event that comes after the end neither waits nor runs, and is counted") {
  for (const auto delay : {seconds(0), seconds(50)}) {
    EventTally tally(Options());
    Tell(tally, {Received(1), Succeeded(3)});
    Tell(tally, {Sent(0), Started(2)}, kStart + delay);
    const Samples samples = testing::SamplesOf(tally, kStart + delay);
    CHECK(At(samples, "celery_task_sent_total{add,celery}") == 1);
    CHECK(At(samples, "celery_task_started_total{add,celery}") == 1);
    CHECK(At(samples, "celery_tasks_tracked") == 0);
    CHECK_FALSE(samples.contains("celery_tasks_in_progress{add}"));
    CHECK_FALSE(tally.OldestWaiting("celery", 1, kStart + delay, kEpoch + 10));
  }
}

TEST_CASE("what only workers say is not counted here") {
  CeleryEvent event = Of(EventType::kWorkerHeartbeat, 0);
  event.uuid = {};
  CHECK(After({event}) == After({}));
}

TEST_CASE("a task that nobody announced and no worker knows has the name of its failure") {
  const Samples samples = After({WithName(Failed(1, "NotRegistered"), "shop.buy")});
  CHECK(At(samples, "celery_task_failed_total{shop.buy,unknown,NotRegistered}") == 1);
  const Samples known = After({Sent(0), WithName(Failed(1, "NotRegistered"), "shop.buy")});
  CHECK(At(known, "celery_task_failed_total{add,celery,NotRegistered}") == 1);
}

}  // namespace collectors
