// What control calls show of workers, and of the queues that they serve.

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/capture.h"
#include "tests/support/worker_story.h"

namespace collectors {
namespace {

using namespace scripted;
using std::chrono::seconds;

const std::string kUp = "celery_worker_up{w1@h}";

TEST_CASE("facts of control calls are shown while they are fresh") {
  Story story({.reply_interval = seconds(10)});
  WorkerReply reply = Serving("w1@h", {"celery"}, 4);
  reply.prefetch_count = 16;
  reply.uptime_seconds = 120;
  reply.active.emplace(
      {WorkerReply::HeldTask{"celery", kEpoch - 5}, WorkerReply::HeldTask{"celery", kEpoch - 30}});
  story.Replies(0, {reply}).Beat(0, "w1@h", 0);
  auto page = story.Page(8);
  CHECK(page.at("celery_worker_slots{w1@h}") == 4);
  CHECK(page.at("celery_worker_slots_busy{w1@h}") == 2);
  CHECK(page.at("celery_worker_prefetch_count{w1@h}") == 16);
  CHECK(page.at("celery_worker_uptime_seconds{w1@h}") == 120);
  CHECK(page.at("celery_worker_longest_task_seconds{w1@h}") == doctest::Approx(30));
  for (int second = 2; second <= 50; second += 2) story.Beat(second, "w1@h", 1);
  CHECK(story.Page(50).contains("celery_worker_slots{w1@h}"));
  story.Beat(51, "w1@h", 1);
  CHECK_FALSE(story.Page(51).contains("celery_worker_slots{w1@h}"));
  story.Replies(52, {reply}).Offline(58, "w1@h");
  CHECK_FALSE(story.Page(58).contains("celery_worker_slots{w1@h}"));
}

TEST_CASE("queues have their workers, slots and held tasks once control calls were answered") {
  Story story;
  CHECK(story.Page(0, {"celery", "mail"}).empty());
  WorkerReply one = Serving("w1@h", {"celery", "mail"}, 2);
  one.active = Held({"celery", "mail"});
  one.reserved = Held({"mail", "mail", "elsewhere"});
  WorkerReply two = Serving("w2@h", {"celery"}, 8);
  two.scheduled = Held({"task.routed"});  // Not by a direct exchange: counts for the worker's only
                                          // queue.
  story.Replies(0, {one, two});
  const auto page = story.Page(1, {"celery", "idle", "mail"});
  const std::map<std::string, double> expected = {
      {"celery_active_worker_count{}", 2},
      {"celery_active_process_count{}", 10},
      {"celery_active_worker_count{mail}", 1},
      {"celery_active_process_count{mail}", 2},
      {"celery_active_worker_count{idle}", 0},
      {"celery_active_process_count{idle}", 0},
      {"queue_depth{active}", 1},
      {"queue_depth{mail,active}", 1},
      {"queue_depth{reserved}", 0},
      {"queue_depth{mail,reserved}", 2},
      {"queue_depth{scheduled}", 1},
      {"queue_depth{mail,scheduled}", 0},
      {"queue_depth{idle,active}", 0},
      {"queue_depth{idle,reserved}", 0},
      {"queue_depth{idle,scheduled}", 0},
  };
  for (const auto& [series, value] : expected) {
    CAPTURE_BOUND(series);
    REQUIRE(page.contains(series));
    CHECK(page.at(series) == value);
  }
  CHECK_FALSE(story.Page(1, {"mail"}, true).contains("queue_depth{mail,scheduled}"));
  CHECK(story.table.Queues() == Strings{"celery", "mail"});
  CHECK(story.table.SoleQueues() ==
        std::vector<std::pair<std::string, std::string>>{{"w1@h", ""}, {"w2@h", "celery"}});
}

TEST_CASE("a worker that is down serves nothing, one that does not say leaves sums untold") {
  Story story({.reply_interval = seconds(10)});
  story.Replies(0, {Serving("w1@h", {"celery"}), Serving("w2@h", {"celery"})});
  story.Offline(10, "w1@h").Beat(10, "w2@h");
  CHECK(story.At(10, "celery_active_worker_count{}", {"celery"}) == 1);
  // The worker is alive, but has not replied for more than five rounds.
  for (int second = 12; second <= 62; second += 2) story.Beat(second, "w2@h");
  const auto page = story.Page(62, {"celery", "mail"});
  CHECK_FALSE(page.contains("celery_active_worker_count{}"));
  CHECK_FALSE(page.contains("celery_active_process_count{}"));
  CHECK_FALSE(page.contains("queue_depth{reserved}"));
  CHECK(page.at("celery_active_worker_count{mail}") == 0);
}

TEST_CASE("a solo worker that is silent in a long task has its slot until it is down") {
  Story story({.timeout = seconds(300), .reply_interval = seconds(10)});
  story.Replies(0, {Serving("w1@h", {"celery"}, 1)}).Beat(9, "w1@h", 0);
  for (int at = 10; at <= 300; at += 10) story.Replies(at, {});
  CHECK(story.At(308, "celery_active_worker_count{}", {"celery"}) == 1);
  CHECK(story.At(308, "celery_active_process_count{}", {"celery"}) == 1);
  CHECK_FALSE(story.At(308, "queue_depth{active}", {"celery"}).has_value());
  CHECK(story.At(309, "celery_active_worker_count{}", {"celery"}) == 0);
  CHECK(story.At(309, "celery_active_process_count{}", {"celery"}) == 0);
}

TEST_CASE("a solo worker that is heard between its tasks alone serves its queue all the while") {
  Story story({.timeout = seconds(60), .reply_interval = seconds(10)});
  story.Replies(0, {Serving("w1@h", {"celery"}, 1)}).Beat(0, "w1@h", 0);
  for (int at = 10; at <= 300; at += 10) {
    story.Replies(at, {});
    if (at % 30 == 0) story.Task(at, "w1@h", EventType::kTaskSucceeded).Task(at + 0.1, "w1@h");
    CHECK(story.At(at + 1, "celery_active_worker_count{}", {"celery"}) == 1);
  }
}

TEST_CASE("what a worker said ends after five rounds in which it was heard, at whatever pace") {
  for (const double freq : {2, 10, 30}) {
    CAPTURE(freq);
    Story story({.timeout = seconds(120), .reply_interval = seconds(10)});
    story.Paced(0, "w1@h", freq).Replies(0, {Serving("w1@h", {"celery"}, 1)});
    for (int at = static_cast<int>(freq); at <= 40; at += static_cast<int>(freq))
      story.Paced(at, "w1@h", freq);
    CHECK(story.At(41, "celery_active_worker_count{}", {"celery"}) == 1);
    for (int at = 42; at <= 92; at += static_cast<int>(freq)) story.Paced(at, "w1@h", freq);
    CHECK_FALSE(story.At(93, "celery_active_worker_count{}", {"celery"}).has_value());
    CHECK(story.At(93, kUp) == 1);
  }
}

TEST_CASE("where workers may be that cannot be heard, their number is not 0") {
  Story story;
  story.Replies(0, {});
  CHECK(story.At(1, "celery_active_worker_count{}", {"celery"}) == 0);
  story.table.SetUnheard(true);
  CHECK_FALSE(story.At(1, "celery_active_worker_count{}", {"celery"}).has_value());
  story.table.SetUnheard(false);
  CHECK(story.At(1, "celery_active_worker_count{}", {"celery"}) == 0);
}

TEST_CASE("what a worker holds that did not answer the last round is not told, nor a sum with it") {
  const Strings held = {"queue_depth{active}", "queue_depth{reserved}", "queue_depth{scheduled}"};
  const Strings own = {"celery_worker_slots_busy{w1@h}",
                       "celery_worker_longest_task_seconds{w1@h}"};
  Story story;
  const auto has = [&](double at, const Strings& series) {
    const auto page = story.Page(at, {"celery"});
    std::set<bool> found;
    for (const std::string& name : series) found.insert(page.contains(name));
    CHECK(found.size() == 1);
    return *found.begin();
  };
  story.Replies(0, {Serving("w1@h", {"celery"}), Serving("w2@h", {"celery"})});
  CHECK(has(1, held));
  CHECK(has(1, own));
  // A solo worker, which does not answer while a task runs.
  story.Beat(14, "w1@h", 1).Replies(15, {Serving("w2@h", {"celery"})});
  CHECK_FALSE(has(15, held));
  CHECK_FALSE(has(15, own));
  CHECK(story.Page(15).contains("celery_worker_slots_busy{w2@h}"));
  CHECK(story.At(15, "celery_active_worker_count{}", {"celery"}) == 2);
  CHECK(story.At(15, "celery_active_process_count{}", {"celery"}) == 4);
  CHECK(story.At(15, "celery_worker_last_reply_timestamp_seconds{w1@h}") == kEpoch);
  CHECK(story.At(15, "celery_worker_last_reply_timestamp_seconds{w2@h}") == kEpoch + 15);
  story.Replies(30, {Serving("w1@h", {"celery"}), Serving("w2@h", {"celery"})});
  CHECK(has(30, held));
  // Facts do not outlive several failed rounds.
  CHECK_FALSE(has(71, held));
}

TEST_CASE("what a dead worker holds is not told until it is forgotten, of one that left it is 0") {
  Story story;
  story.Beat(0, "w1@h", 1).Replies(0, {Serving("w1@h", {"celery"}), Serving("w2@h", {"celery"})});
  for (int at = 15; at <= 90; at += 15) story.Replies(at, {Serving("w2@h", {"celery"})});
  CHECK(story.At(90, kUp) == 0);
  CHECK(story.At(90, "celery_active_worker_count{}", {"celery"}) == 1);
  CHECK_FALSE(story.At(90, "queue_depth{active}", {"celery"}).has_value());
  story.Replies(661, {Serving("w2@h", {"celery"})});
  CHECK(story.At(661, "queue_depth{active}", {"celery"}) == 0);
  story.Offline(662, "w2@h").Replies(670, {});
  CHECK(story.At(670, "queue_depth{active}", {"celery"}) == 0);
}

TEST_CASE("a reply that lacks a list leaves that sum untold, and the others not") {
  Story story;
  WorkerReply reply = Serving("w1@h", {"celery"});
  reply.reserved.reset();
  story.Replies(0, {reply});
  const auto page = story.Page(0, {"celery"});
  CHECK(page.contains("queue_depth{active}"));
  CHECK_FALSE(page.contains("queue_depth{reserved}"));
}

TEST_CASE("replies of one round to several calls come together, those of an older one go") {
  Story story;
  story.Replies(0, {Serving("w1@h", {"celery"})});
  WorkerReply stats;
  stats.hostname = "w1@h";
  stats.slots = 6;
  WorkerReply active;
  active.hostname = "w1@h";
  active.active = Held({"celery"});
  story.Replies(60, {stats, active});
  const auto page = story.Page(60, {"celery"});
  CHECK(page.at("celery_active_process_count{}") == 6);
  CHECK(page.at("queue_depth{active}") == 1);
  CHECK_FALSE(page.contains("queue_depth{reserved}"));
}

TEST_CASE("a queue that should have workers has their number, 0 where there are none") {
  Story story({.expected = {{"mail", 2}}});
  auto page = story.Page(0);
  CHECK(page.at("celery_queue_expected_workers{mail}") == 2);
  CHECK_FALSE(page.contains("celery_active_worker_count{mail}"));  // No worker was asked yet.
  story.Replies(0, {});
  CHECK(story.At(0, "celery_active_worker_count{mail}") == 0);
  story.Replies(1, {Serving("w1@h", {"mail"})});
  page = story.Page(1, {"mail"});
  CHECK(page.at("celery_active_worker_count{mail}") == 1);
}

TEST_CASE("a round without a reply says 0 where nobody is there, and nothing where somebody is") {
  Story story;
  story.Replies(0, {});
  CHECK(story.At(0, "celery_active_worker_count{}", {"celery"}) == 0);
  story.Beat(1, "w1@h");
  CHECK_FALSE(story.At(1, "celery_active_worker_count{}", {"celery"}).has_value());
}

TEST_CASE("what workers are asked for no more is not shown, and their queues are") {
  Story story;
  WorkerReply reply = Serving("w1@h", {"celery"});
  reply.slots = 4;
  reply.uptime_seconds = 9;
  reply.active = Held({"celery"});
  story.Beat(1, "w1@h").Replies(2, {reply});
  const Strings asked = {"celery_worker_slots{w1@h}", "celery_worker_slots_busy{w1@h}",
                         "celery_worker_uptime_seconds{w1@h}", "celery_active_process_count{}",
                         "queue_depth{active}"};
  auto page = story.Page(2, {"celery"});
  for (const std::string& series : asked) REQUIRE(page.contains(series));
  story.table.AskedLess();
  page = story.Page(2, {"celery"});
  for (const std::string& series : asked) {
    CAPTURE(series);
    CHECK_FALSE(page.contains(series));
  }
  CHECK(page.at("celery_active_worker_count{}") == 1);
  CHECK(page.contains("celery_worker_last_reply_timestamp_seconds{w1@h}"));
}

}  // namespace
}  // namespace collectors
