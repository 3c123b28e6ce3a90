#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "collectors/celery/tasks/event_tally.h"
#include "tests/support/task_stories.h"

namespace collectors {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using namespace testing;

}  // namespace

TEST_CASE("no more than max_tasks are remembered, the ones heard of last") {
  TallyOptions options = Options();
  options.max_tasks = 3;
  EventTally tally(options);
  for (const char* const id : {"1", "2", "3"}) Tell(tally, {WithId(Sent(0), id)});
  Tell(tally, {WithId(Started(1), "1"), WithId(Sent(2), "4")});
  const Samples samples = testing::SamplesOf(tally, kStart + kSettled);
  CHECK(At(samples, "celery_tasks_tracked") == 3);
  CHECK(At(samples, "celery_tasks_evicted_total{count}") == 1);
  CHECK(At(samples, "celery_tasks_in_progress{add}") == 1);
  CHECK_FALSE(tally.WaitingSince("2", testing::kEpoch));
  CHECK(tally.WaitingSince("3", testing::kEpoch));
  // Held-back events are counted when their task is forgotten.
  for (const char* const id : {"a", "b", "c", "d"}) Tell(tally, {WithId(Started(1), id)});
  const Samples later = testing::SamplesOf(tally, kStart);
  CHECK(At(later, "celery_task_started_total{unknown,unknown}") == 1);
  CHECK(At(later, "celery_tasks_in_progress{add}") == 0);
  CHECK(At(later, "celery_tasks_evicted_total{count}") == 5);
}

TEST_CASE("no task is remembered for longer than task_retention after its last event") {
  TallyOptions options = Options();
  options.task_retention = hours(1);
  EventTally tally(options);
  Tell(tally, {Sent(0), Received(1), Started(2), WithId(Sent(0), "2")});
  Tell(tally, {WithId(Received(3), "2")}, kStart + seconds(3000));
  Samples samples = testing::SamplesOf(tally, kStart + seconds(3601));
  CHECK(At(samples, "celery_tasks_tracked") == 1);
  CHECK(At(samples, "celery_tasks_evicted_total{age}") == 1);
  CHECK(At(samples, "celery_tasks_in_progress{add}") == 0);
  samples = testing::SamplesOf(tally, kStart + seconds(6601));
  CHECK(At(samples, "celery_tasks_tracked") == 0);
  CHECK(At(samples, "celery_tasks_evicted_total{age}") == 2);
  CHECK(At(samples, "celery_tasks_evicted_total{count}") == 0);
  CHECK(Counters(samples) == "sent=2 received=2 started=1");
}

TEST_CASE("series beyond the limit are counted under other, and no count is lost") {
  TallyOptions options = Options();
  options.max_counters = 2 * 10;
  Story story;
  const char* const names[] = {"a", "b", "c", "d"};
  for (const char* const name : names) {
    story.push_back(WithId(WithName(Sent(0), name), name));
    story.push_back(WithId(Started(1), name));
    story.push_back(WithId(Failed(2), name));
  }
  const Samples samples = After(story, options);
  CHECK(At(samples, "celery_task_sent_total{a,celery}") == 1);
  CHECK(At(samples, "celery_task_sent_total{b,celery}") == 1);
  CHECK(At(samples, "celery_task_sent_total{other,other}") == 2);
  CHECK(At(samples, "celery_task_failed_total{other,other,ValueError}") == 2);
  CHECK(At(samples, "celery_task_failure_runtime_seconds_count{other,other}") == 2);
  CHECK(At(samples, "celery_task_series_folded_total") == 6);
  CHECK(At(samples, "celery_tasks_in_progress{other}") == 0);
}

TEST_CASE("a task and a queue that are named other are themselves") {
  const Samples samples =
      After({WithName(Sent(0), "other"), Started(1), WithId(WithQueue(Sent(0), "other"), "2")});
  CHECK(At(samples, "celery_task_sent_total{other,celery}") == 1);
  CHECK(At(samples, "celery_task_sent_total{add,other}") == 1);
  CHECK(At(samples, "celery_task_series_folded_total") == 0);
}

TEST_CASE("exceptions beyond the limit are other") {
  TallyOptions options = Options();
  options.max_exceptions = 2;
  Story story;
  const std::string classes[] = {"A", "B", "C", "D", "A"};
  constexpr std::string_view ids[] = {"1", "2", "3", "4", "5"};
  for (std::size_t i = 0; i < 5; ++i) {
    story.push_back(WithId(Sent(0), ids[i]));
    story.push_back(WithId(Failed(1, classes[i]), ids[i]));
  }
  const Samples samples = After(story, options);
  CHECK(At(samples, "celery_task_failed_total{add,celery,A}") == 2);
  CHECK(At(samples, "celery_task_failed_total{add,celery,B}") == 1);
  CHECK(At(samples, "celery_task_failed_total{add,celery,other}") == 2);
}

TEST_CASE("ids are UUIDs or any text") {
  constexpr const char* kUuid = "1a4f4360-6555-4600-b836-4608be1ddb6d";
  constexpr const char* kAlmost = "1A4F4360-6555-4600-B836-4608BE1DDB6D";
  EventTally tally(Options());
  for (const char* const id : {kUuid, kAlmost, "nightly", "1a4f4360-6555-4600-b836-4608be1ddb6"})
    Tell(tally, {WithId(Sent(0), id)});
  CHECK(At(testing::SamplesOf(tally, kStart), "celery_tasks_tracked") == 4);
  CHECK(tally.WaitingSince(kUuid, testing::kEpoch));
  CHECK(tally.WaitingSince("nightly", testing::kEpoch));
}

TEST_CASE("all lines of tasks are within what is left to them") {
  constexpr std::size_t kOther = 100;  // Lines of "other", which come on top.
  for (const bool worker_label : {false, true}) {
    TallyOptions options = Options();
    options.worker_label = worker_label;
    options.max_counters = 250;
    options.max_histograms = 150;
    EventTally tally(options);
    std::deque<std::string> texts;
    const auto text = [&](const char* what, int i) -> const std::string& {
      return texts.emplace_back(what + std::to_string(i));
    };
    CHECK_FALSE(tally.IsFull());
    for (int i = 0; i < 300; ++i) {
      const std::string& id = text("", i);
      const std::string& host = text("w@", i % 3);
      Story story = {Sent(0), Received(1), Started(2), Failed(3, text("E", i % 20))};
      if (i % 2 == 0) story.back() = Succeeded(3);
      const std::string& name = text("task", i % 40);
      story[0] = WithName(story[0], name);
      story[1] = WithName(story[1], name);
      for (CeleryEvent& event : story) event = WithHost(WithId(event, id), host);
      Tell(tally, story);
    }
    CHECK(tally.IsFull());
    const Samples samples = testing::SamplesOf(tally, kStart + kSettled);
    std::size_t counters = 0;
    std::size_t histograms = 0;
    double sent = 0;
    double failed = 0;
    for (const auto& [key, value] : samples) {
      const bool is_histogram = key.find("runtime") != key.npos || key.find("wait") != key.npos;
      ++(is_histogram ? histograms : counters);
      if (key.starts_with("celery_task_sent_total")) sent += value;
      if (key.starts_with("celery_task_failed_total")) failed += value;
    }
    CHECK(counters <= options.max_counters + kOther);
    CHECK(counters > options.max_counters / 2);
    CHECK(histograms <= options.max_histograms + kOther);
    CHECK(histograms > options.max_histograms / 2);
    CHECK(sent == 300);
    CHECK(failed == 150);
  }
}

}  // namespace collectors
