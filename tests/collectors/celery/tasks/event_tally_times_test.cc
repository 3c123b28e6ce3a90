#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "collectors/celery/tasks/event_tally.h"
#include "tests/support/capture.h"
#include "tests/support/task_stories.h"

namespace collectors {
namespace {

using namespace testing;

}  // namespace

TEST_CASE("runtimes and waits are observed, from what is later of sending and eta") {
  struct Case {
    const char* what;
    Story story;
    std::vector<std::pair<std::string, double>> sums;  // Negative: absent.
  };
  const Case cases[] = {
      {"plain",
       {Sent(0), Received(1), Started(3), Succeeded(9, 5)},
       {{"celery_task_runtime", 5},
        {"celery_task_queue_wait_time", 3},
        {"celery_task_worker_wait_seconds", 2},
        {"celery_task_failure_runtime_seconds", -1}}},
      {"failed",
       {Sent(0), Received(1), Started(3), Failed(9)},
       {{"celery_task_runtime", -1}, {"celery_task_failure_runtime_seconds", 6}}},
      {"eta",
       {WithEta(Sent(0), 100), WithEta(Received(1), 100), Started(103), Succeeded(104)},
       {{"celery_task_queue_wait_time", 3}, {"celery_task_worker_wait_seconds", 3}}},
      {"eta is over",
       {WithEta(Sent(10), 5), WithEta(Received(11), 5), Started(14)},
       {{"celery_task_queue_wait_time", 4}, {"celery_task_worker_wait_seconds", 3}}},
      {"sent by a clock that is ahead",
       {Sent(5), Received(1), Started(2)},
       {{"celery_task_queue_wait_time", 0}, {"celery_task_worker_wait_seconds", 1}}},
      {"task-sent is late",
       {Received(1), Started(3), Succeeded(4), Sent(0)},
       {{"celery_task_queue_wait_time", 3}, {"celery_task_worker_wait_seconds", 2}}},
      {"task-started is late",
       {Sent(0), Received(1), Failed(9), Started(3)},
       {{"celery_task_queue_wait_time", 3}, {"celery_task_failure_runtime_seconds", 6}}},
      {"tried again",
       {Sent(0), Received(1), Started(3), Sent(9, 1), Retried(10), Received(11, 1), Started(14),
        Succeeded(15)},
       {{"celery_task_queue_wait_time", 3 + 5}, {"celery_task_worker_wait_seconds", 2 + 3}}},
      {"tried again, its second task-received is before its task-retried",
       {Sent(0), Received(1), Started(3), Sent(9, 1), Received(11, 1), Retried(10), Started(14),
        Succeeded(15)},
       {{"celery_task_queue_wait_time", 3 + 5}, {"celery_task_worker_wait_seconds", 2 + 3}}},
      {"tried again, and the retry is told before the first start: only its wait is known",
       {Sent(0), Received(1), Sent(9, 1), Started(3), Retried(10), Received(11, 1), Started(14),
        Succeeded(15)},
       {{"celery_task_queue_wait_time", 5}, {"celery_task_worker_wait_seconds", 3}}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    const Samples samples = After(c.story);
    for (const auto& [name, sum] : c.sums) {
      CAPTURE_BOUND(name);
      if (sum < 0)
        CHECK_FALSE(samples.contains(name + "_count{add,celery}"));
      else
        CHECK(At(samples, name + "_sum{add,celery}") == doctest::Approx(sum));
    }
  }
}

TEST_CASE("a histogram's buckets are cumulative, and a value on a bound is in its bucket") {
  const Samples samples =
      After({Sent(0), Succeeded(1, 0.1), WithId(Sent(0), "2"), WithId(Succeeded(1, 0.2), "2"),
             WithId(Sent(0), "3"), WithId(Succeeded(1, 11), "3")});
  CHECK(At(samples, "celery_task_runtime_le_0.1{add,celery}") == 1);
  CHECK(At(samples, "celery_task_runtime_le_1{add,celery}") == 2);
  CHECK(At(samples, "celery_task_runtime_le_10{add,celery}") == 2);
  CHECK(At(samples, "celery_task_runtime_count{add,celery}") == 3);
  CHECK(At(samples, "celery_task_runtime_sum{add,celery}") == doctest::Approx(11.3));
}

TEST_CASE("an absurd time is counted and not observed") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const std::optional<double> time :
       {std::optional<double>(), std::optional(-1.0), std::optional(0.0), std::optional(5.0),
        std::optional(1e12), std::optional(1e300), std::optional(kInfinity),
        std::optional(-kInfinity), std::optional(std::numeric_limits<double>::quiet_NaN())}) {
    CAPTURE(time.value_or(-7));
    for (std::size_t odd = 0; odd < 4; ++odd) {
      Story story = {Sent(0), Received(1), Started(2), Failed(3)};
      story[odd].timestamp = time;
      story[odd].eta = time;
      const Samples samples = After(story);
      CHECK(Counters(samples) == "sent=1 received=1 started=1 failed=1");
      for (const auto& [key, value] : samples) {
        CAPTURE_BOUND(key);
        CHECK(value >= 0);
        CHECK(value < 10);
      }
    }
    Story story = {Sent(0), Succeeded(1)};
    story[1].runtime = time;
    const Samples samples = After(story);
    CHECK(Counters(samples) == "sent=1 succeeded=1");
    CHECK(samples.contains("celery_task_runtime_sum{add,celery}") ==
          (time && *time >= 0 && *time < 10));
  }
}

TEST_CASE("tasks in progress are those started and not ended, by name") {
  EventTally tally(Options());
  Tell(tally, {Sent(0), Received(1), Started(2), WithId(WithName(Sent(0), "mul"), "2"),
               WithId(Started(3), "2"), WithId(Sent(0), "3"), WithId(Started(3), "3")});
  CHECK(At(testing::SamplesOf(tally, kStart), "celery_tasks_in_progress{add}") == 2);
  CHECK(At(testing::SamplesOf(tally, kStart), "celery_tasks_in_progress{mul}") == 1);
  Tell(tally, {Succeeded(5), WithId(Rejected(6), "2"), WithId(Revoked(6), "3")});
  CHECK(At(testing::SamplesOf(tally, kStart), "celery_tasks_in_progress{add}") == 0);
  CHECK(At(testing::SamplesOf(tally, kStart), "celery_tasks_in_progress{mul}") == 0);
}

TEST_CASE("a task waits from when it was sent or is due until a worker has it") {
  EventTally tally(Options());
  tally.SetQueueOrder("celery", true);
  tally.SetQueueOrder("mail", true);
  const double now = kEpoch + 1000;
  const auto oldest = [&](std::string_view queue, double waiting) {
    return tally.OldestWaiting(queue, waiting, kStart + kSettled, now);
  };
  CHECK_FALSE(oldest("celery", 1));
  Tell(tally, {Sent(30), WithId(Sent(10), "2"), WithId(Sent(20), "3"),
               WithId(WithQueue(Sent(1), "mail"), "4"), WithId(WithEta(Sent(0), 500), "5"),
               WithId(WithEta(Sent(0), 2000), "6"), WithId(WithTime(Sent(0), 5), "7"),
               WithId(WithTime(Sent(0), {}), "8")});
  CHECK(oldest("celery", 6) == kEpoch + 10);
  CHECK(oldest("mail", 1) == kEpoch + 1);
  CHECK_FALSE(oldest("none", 1));
  CHECK(tally.Queues() == std::vector<std::string>{"celery", "mail"});
  Tell(tally, {WithId(Received(40), "2")});
  CHECK(oldest("celery", 5) == kEpoch + 20);
  Tell(tally, {WithId(Revoked(50), "3")});
  CHECK(oldest("celery", 4) == kEpoch + 30);
  Tell(tally, {Started(60)});
  CHECK(oldest("celery", 3) == kEpoch + 500);
  Tell(tally, {WithId(Received(70), "5")});
  CHECK_FALSE(oldest("celery", 2));
  CHECK(tally.OldestWaiting("celery", 2, kStart + kSettled, kEpoch + 2001) == kEpoch + 2000);
}

TEST_CASE("what an event says of a task's waiting is a time that clocks can have") {
  EventTally tally(Options());
  Tell(tally, {Sent(1000), WithId(WithEta(Sent(0), 1299), "late"),
               WithId(WithEta(Sent(0), 1301), "6"), WithId(WithTime(Sent(0), 5), "old"),
               WithId(WithTime(Sent(0), 9e10), "future"), WithId(WithTime(Sent(0), {}), "none")});
  CHECK(tally.WaitingSince("u", kEpoch + 1000) == kEpoch + 1000);
  CHECK(tally.WaitingSince("late", kEpoch + 1000) == kEpoch + 1299);
  for (const char* const id : {"6", "old", "future", "none", "stranger"}) {
    CAPTURE(id);
    CHECK_FALSE(tally.WaitingSince(id, kEpoch + 1000));
  }
}

TEST_CASE("tasks of which the broker has fewer were purged or taken unheard: the first of them") {
  EventTally tally(Options());
  tally.SetQueueOrder("celery", true);
  for (const char* const id : {"1", "2", "3", "4", "5"}) Tell(tally, {WithId(Sent(0), id)});
  const double now = kEpoch + 3600;
  Tell(tally, {Sent(3598)}, kStart + std::chrono::hours(1));
  const auto at = kStart + std::chrono::hours(1) + kSettled;
  CHECK(tally.OldestWaiting("celery", 1, at, now) == kEpoch + 3598);
  // They are still gone when more tasks wait again.
  CHECK_FALSE(tally.OldestWaiting("celery", 5, at, now));
  // A task that comes back waits again.
  Tell(tally, {WithId(Received(3600), "5"), WithId(Sent(3601, 1), "5")});
  CHECK(tally.OldestWaiting("celery", 2, at + kSettled, now + 5) == kEpoch + 3598);
}

TEST_CASE("tasks of which the broker has more wait for longer, maybe") {
  TallyOptions options = Options();
  options.max_tasks = 2;
  EventTally tally(options);
  tally.SetQueueOrder("celery", true);
  Tell(tally, {Sent(0), WithId(Sent(100), "2"), WithId(Sent(200), "3")});
  const double now = kEpoch + 1000;
  CHECK_FALSE(tally.OldestWaiting("celery", 3, kStart + kSettled, now));
  CHECK(tally.OldestWaiting("celery", 2, kStart + kSettled, now) == kEpoch + 100);
  // The first of them is forgotten.
  Tell(tally, {WithId(Sent(203), "4")}, kStart + kSettled);
  CHECK_FALSE(tally.OldestWaiting("celery", 3, kStart + kSettled, now));
}

TEST_CASE("as many tasks as came just now may be on their way") {
  EventTally tally(Options());
  tally.SetQueueOrder("celery", true);
  Tell(tally, {Sent(0), WithId(Sent(100), "2")});
  const double now = kEpoch + 1000;
  CHECK(tally.OldestWaiting("celery", 2, kStart + kSettled, now) == kEpoch);
  Tell(tally, {WithId(Sent(203), "3")}, kStart + kSettled);
  CHECK(tally.OldestWaiting("celery", 4, kStart + kSettled, now) == kEpoch);
  CHECK_FALSE(tally.OldestWaiting("celery", 5, kStart + kSettled, now));
}

TEST_CASE("what was sent before we listened is no less because others are sent") {
  EventTally tally(Options());
  tally.SetQueueOrder("celery", true);
  const auto oldest = [&](int second) {  // 40 tasks without an event wait, and 25 come each second.
    return tally.OldestWaiting("celery", 40 + 25 * second, kStart + std::chrono::seconds(second),
                               kEpoch + second);
  };
  for (int i = 0; i < 250; ++i) {
    if (i % 25 == 0) CHECK_FALSE(oldest(i / 25));
    const std::string id = std::to_string(i);
    Tell(tally, {WithId(Sent(i / 25.0), id)}, kStart + std::chrono::milliseconds(40 * i));
  }
  CHECK_FALSE(oldest(10));
  // The first task that was heard of is taken, so those before it are gone.
  Tell(tally, {WithId(Received(10), "0")}, kStart + std::chrono::seconds(10));
  CHECK(tally.OldestWaiting("celery", 249, kStart + std::chrono::seconds(10), kEpoch + 10) ==
        kEpoch + 1 / 25.0);
}

TEST_CASE("under steady traffic the longest wait is right, whatever events lag behind") {
  constexpr int kWait = 1000;  // Each task waits for this many ms, and one is sent every ms.
  struct Case {
    int sent_lag, received_lag;  // In ms.
  };
  for (const Case& c : {Case{2, 5}, Case{5, 2}, Case{300, 10}, Case{10, 300}}) {
    CAPTURE(c.sent_lag);
    EventTally tally(Options());
    tally.SetQueueOrder("celery", true);
    const auto tell = [&](int task, CeleryEvent (*make)(double, double), int at, int now) {
      if (task < 0) return;
      const std::string id = std::to_string(task);
      Tell(tally, {WithId(make(at / 1000.0, 0), id)}, kStart + std::chrono::milliseconds(now));
    };
    for (int now = 0; now <= 6000; ++now) {
      tell(now - c.sent_lag, Sent, now - c.sent_lag, now);
      tell(now - c.received_lag - kWait, Received, now - c.received_lag, now);
      if (now < 3000 || now % 500 != 0) continue;
      const double epoch = kEpoch + now / 1000.0;
      const auto since =
          tally.OldestWaiting("celery", kWait, kStart + std::chrono::milliseconds(now), epoch);
      REQUIRE(since);
      CHECK(std::abs(epoch - *since - kWait / 1000.0) <= 0.01);
    }
  }
}

TEST_CASE("a queue that events name is told for an hour, and for as long as tasks wait in it") {
  EventTally tally(Options());
  Tell(tally, {WithQueue(Sent(0), "done"), Received(1), WithId(WithQueue(Sent(0), "stuck"), "2")});
  CHECK(tally.Queues() == std::vector<std::string>{"done", "stuck"});
  Tell(tally, {WithId(Received(1), "3")}, kStart + std::chrono::hours(1));
  CHECK(tally.Queues() == std::vector<std::string>{"stuck"});
  std::vector<std::string> names;
  for (int i = 1000; i < 1300; ++i) names.push_back(std::to_string(i));
  for (const std::string& name : names) {
    Tell(tally, {WithId(WithQueue(Sent(0), name), name), WithId(Received(1), name)},
         kStart + std::chrono::hours(1) + std::chrono::seconds(std::stoi(name)));
  }
  const std::vector<std::string> queues = tally.Queues();
  CHECK(queues.size() == 200);
  CHECK(queues.front() == "1100");
}

TEST_CASE("a task that is tried again waits again") {
  EventTally tally(Options());
  tally.SetQueueOrder("celery", true);
  Tell(tally, {Sent(0), Received(1), Started(2), Sent(2.9, 1), Retried(3)});
  CHECK(tally.OldestWaiting("celery", 1, kStart, kEpoch + 10) == kEpoch + 2.9);
  CHECK(At(testing::SamplesOf(tally, kStart), "celery_tasks_in_progress{add}") == 0);
  Tell(tally, {Received(4, 1)});
  CHECK_FALSE(tally.OldestWaiting("celery", 1, kStart, kEpoch + 10));
}

TEST_CASE("a task of a process that is gone is in progress no more, and keeps its name") {
  EventTally tally(Options());
  const auto in_progress = [&] {
    return At(testing::SamplesOf(tally, kStart), "celery_tasks_in_progress{add}");
  };
  const auto lost = [&] {
    return At(testing::SamplesOf(tally, kStart), "celery_tasks_evicted_total{worker}");
  };
  Tell(tally, {Sent(0), Received(1), Started(2), WithId(Sent(0), "2"),
               WithId(WithPid(Started(2), 9), "2"), WithId(Sent(0), "3")});
  Tell(tally, {WithId(Started(8), "3")}, kStart + std::chrono::seconds(8));
  CHECK(in_progress() == 3);
  const ProcessKey process = ProcessOf(Started(2));
  tally.End({{process, Over::kAll, kStart}});
  CHECK(in_progress() == 3);  // An event at that same time may be of the next process.
  tally.End({{process, Over::kAll, kStart + std::chrono::seconds(8)}});
  CHECK(in_progress() == 2);
  CHECK(lost() == 1);
  tally.End({{process, Over::kAll, kStart + std::chrono::seconds(8)}});
  CHECK(lost() == 1);
  // The process was silent, not dead.
  Tell(tally, {Received(1.5)});
  CHECK(in_progress() == 2);
  Tell(tally, {Succeeded(300)});
  CHECK(in_progress() == 2);
  CHECK(At(testing::SamplesOf(tally, kStart), "celery_task_succeeded_total{add,celery}") == 1);
  tally.End({{process, Over::kAll, kStart + std::chrono::hours(1)},
             {ProcessOf(WithPid(Started(2), 9)), Over::kAll, kStart + std::chrono::hours(1)}});
  CHECK(in_progress() == 0);
  CHECK(lost() == 3);
  // The task is redelivered to another worker.
  Tell(tally, {WithId(Received(400), "2"), WithId(WithPid(Started(401), 10), "2")});
  CHECK(in_progress() == 1);
}

TEST_CASE("a task that a process received and did not begin waits again when it is gone") {
  EventTally tally(Options());
  tally.SetQueueOrder("celery", true);
  Tell(tally, {Sent(0), Received(1), WithId(Sent(5), "2"), WithId(Received(6), "2"),
               WithId(Started(7), "2"), WithId(Sent(8), "3")});
  const auto oldest = [&](double waiting) {
    return tally.OldestWaiting("celery", waiting, kStart + std::chrono::seconds(30), kEpoch + 30);
  };
  CHECK_FALSE(oldest(2));
  tally.End({{ProcessOf(Started(2)), Over::kAll, kStart + std::chrono::seconds(20)}});
  CHECK(oldest(2) == kEpoch);
  CHECK(At(testing::SamplesOf(tally, kStart), "celery_tasks_evicted_total{worker}") == 1);
  // Another worker takes it.
  Tell(tally, {WithPid(Received(31), 9), WithPid(Started(32), 9), WithPid(Succeeded(33), 9)},
       kStart + std::chrono::seconds(33));
  CHECK(oldest(1) == kEpoch + 8);
  CHECK(At(testing::SamplesOf(tally, kStart), "celery_task_received_total{add,celery}") == 3);
}

TEST_CASE("that no sender tells of its tasks is known by twenty that workers received") {
  for (const bool is_told : {false, true}) {
    EventTally tally(Options());
    if (is_told) Tell(tally, {WithId(Sent(0), "told")});
    for (int i = 0; i < 20; ++i) {
      CHECK_FALSE(tally.HearsNoSender());
      const std::string id = std::to_string(i);
      Tell(tally, {WithId(Received(1), id)});
    }
    CHECK(tally.HearsNoSender() == !is_told);
    Tell(tally, {WithId(Sent(2), "told")});
    CHECK_FALSE(tally.HearsNoSender());
  }
}

TEST_CASE("a process that runs nothing still holds the task that is not due") {
  EventTally tally(Options());
  tally.SetQueueOrder("celery", true);
  CeleryEvent due = Received(1);
  due.eta = kEpoch + 12;
  Tell(tally,
       {Sent(0), due, WithId(Sent(1), "2"), WithId(Received(2), "2"), WithId(Started(3), "2")});
  tally.End({{ProcessOf(due), Over::kRunning, kStart + std::chrono::seconds(9)}});
  CHECK_FALSE(tally.OldestWaiting("celery", 1, kStart, kEpoch + 10));
  Tell(tally, {Started(12.5), Succeeded(13)});
  const auto samples = testing::SamplesOf(tally, kStart);
  CHECK(At(samples, "celery_tasks_evicted_total{worker}") == 1);
  CHECK(At(samples, "celery_task_worker_wait_seconds_sum{add,celery}") == 1 + 0.5);
}

}  // namespace collectors
