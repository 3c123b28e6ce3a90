#include "collectors/celery/workers/worker_table.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/worker_story.h"

namespace collectors {
namespace {

using namespace scripted;
using std::chrono::seconds;

const std::string kUp = "celery_worker_up{w1@h}";
const std::string kActive = "celery_worker_tasks_active{w1@h}";
const std::string kProcessed = "celery_worker_tasks_processed_total{w1@h}";
const std::string kSends = "celery_worker_sends_task_events{w1@h}";

TEST_CASE("a worker is up while it is heard, down after the timeout and gone after the retention") {
  Story story;
  story.Beat(0, "w1@h");
  CHECK(story.At(0, kUp) == 1);
  CHECK(story.At(59, kUp) == 1);
  CHECK(story.At(60, kUp) == 0);
  CHECK(story.At(659, kUp) == 0);
  CHECK(story.Page(660).empty());
  story.Beat(700, "w1@h");
  CHECK(story.At(700, kUp) == 1);
}

TEST_CASE("a worker that says that it goes is down at once, and up when it is back") {
  Story story;
  story.Beat(0, "w1@h", 0, 3).Offline(10, "w1@h");
  CHECK(story.At(10, kUp) == 0);
  CHECK(story.At(10, kActive) == 0);
  CHECK(story.At(10, "celery_worker_last_seen_timestamp_seconds{w1@h}") == kEpoch + 10);
  // Its last events may arrive after worker-offline.
  story.Sent(11, 9, "w1@h", {}, 0, EventType::kTaskSucceeded);
  story.Sent(11, 8, "w1@h", 1, 1);
  CHECK(story.At(11, kUp) == 0);
  story.Beat(12, "w1@h", 0, 0, EventType::kWorkerOnline);
  CHECK(story.At(12, kUp) == 1);
}

TEST_CASE("a worker that goes at the very time of its last heartbeat is down") {
  Story story;
  story.Beat(0, "w1@h", 5).Beat(2, "w1@h", 5).Offline(2, "w1@h");
  CHECK(story.At(3, kUp) == 0);
  // A late heartbeat and a repeated worker-offline change nothing.
  story.Sent(4, 2, "w1@h", 5).Sent(5, 2, "w1@h", 5, 0, EventType::kWorkerOffline);
  CHECK(story.At(5, kUp) == 0);
  CHECK(story.At(5, "celery_worker_last_seen_timestamp_seconds{w1@h}") == kEpoch + 2);
}

TEST_CASE("any event of a worker shows that it lives, but task-sent is none of a worker") {
  Story story;
  story.Task(0, "w1@h", EventType::kTaskReceived).Task(0, "gen1@h", EventType::kTaskSent);
  const auto page = story.Page(1);
  CHECK(page.at(kUp) == 1);
  CHECK_FALSE(page.contains("celery_worker_up{gen1@h}"));
  CHECK_FALSE(page.contains(kActive));
}

TEST_CASE("a solo worker that is silent while a task runs is up until the timeout") {
  Story story;
  story.Beat(0, "w1@h", 0);
  CHECK(story.At(59, kUp) == 1);
  story.Beat(59.5, "w1@h", 1);
  CHECK(story.At(119, kUp) == 1);
}

TEST_CASE("a worker known by replies alone lives from round to round") {
  Story story;
  story.Replies(0, {Serving("w1@h", {"celery"})});
  CHECK(story.At(59, kUp) == 1);
  CHECK(story.At(60, kUp) == 0);
  Story slow({.reply_interval = seconds(60)});
  slow.Replies(0, {Serving("w1@h", {"celery"})});
  CHECK(slow.At(129, kUp) == 1);
  CHECK(slow.At(130, kUp) == 0);
}

TEST_CASE("what a worker took never falls, over its restarts") {
  Story story;
  story.Beat(0, "w1@h", 5);
  CHECK(story.At(0, kProcessed) == 5);
  story.Beat(2, "w1@h", 8);
  CHECK(story.At(2, kProcessed) == 8);
  story.Beat(4, "w1@h", 0, 0, EventType::kWorkerOnline);
  CHECK(story.At(4, kProcessed) == 8);
  story.Beat(6, "w1@h", 2);
  CHECK(story.At(6, kProcessed) == 10);
}

TEST_CASE("a number of tasks that is none is passed over") {
  const double odd[] = {-45,         0.5, 2e15, 1e300, std::numeric_limits<double>::infinity(),
                        std::nan("")};
  for (const double number : odd) {
    CAPTURE(number);
    Story story;
    story.Beat(0, "w1@h", number, number);
    CHECK_FALSE(story.At(0, kProcessed).has_value());
    CHECK_FALSE(story.At(0, kActive).has_value());
    story.Beat(2, "w1@h", 10, 1).Beat(4, "w1@h", number, number).Beat(6, "w1@h", 12, 2);
    CHECK(story.At(6, kProcessed) == 12);
    CHECK(story.At(6, kActive) == 2);
  }
}

TEST_CASE("two workers of one name are counted each, whether or not their pids differ") {
  for (const double other : {7.0, 1.0}) {
    CAPTURE(other);
    Story story;
    for (int i = 0; i < 5; ++i) {
      story.Of(7, 4 * i, 100 + i, 1).Of(other, 4 * i + 2, 5 + i, 1);
    }
    CHECK(story.At(20, kProcessed) == 113);
    CHECK(story.Ended(20, {7, 1}).empty());
  }
}

TEST_CASE("where more processes than can be told apart have one name, their sum is not told") {
  Story story;
  for (int pid = 0; pid < 16; ++pid) story.Of(pid, pid, 10);
  CHECK(story.At(16, kProcessed) == 160);
  story.Of(17, 17, 10);
  CHECK_FALSE(story.At(17, kProcessed).has_value());
}

TEST_CASE("a worker that dies at once, again and again, is told what all of them took") {
  Story story;
  story.Of(1, 0, 40);
  for (int pid = 2; pid < 25; ++pid) story.Of(pid, pid, 0, 0, EventType::kWorkerOnline);
  story.Of(25, 25, 0, 0, EventType::kWorkerOnline).Of(25, 27, 2);
  CHECK(story.At(27, kProcessed) == 42);
}

TEST_CASE("what a worker ran has ended when it is down") {
  Story story;
  story.Of(7, 0, 1, 2).Of(7, 2, 1, 2);
  CHECK(story.Ended(10, {7}).empty());
  CHECK(story.Ended(62, {7}) == Strings{"7 before 62"});
  CHECK(story.Ended(63, {7}).empty());
  story.Of(7, 64, 1, 2);
  CHECK(story.Ended(64, {7}).empty());
  story.Of(7, 70, 1, 2, EventType::kWorkerOffline);
  story.Of(7, 71, 0, 0, EventType::kWorkerOnline);
  CHECK(story.Ended(72, {7}) == Strings{"7 before 70"});
}

TEST_CASE("a worker that goes ends what it runs first, which does not bring it back") {
  Story story;
  story.Of(7, 0, 1, 2).Of(7, 10, 1, 2, EventType::kWorkerOffline);
  CHECK(story.Ended(11, {7}).empty());
  story.Of(7, 40, 1, 1, EventType::kTaskSucceeded);
  CHECK(story.At(40, kUp) == 0);
  CHECK(story.Ended(99, {7}).empty());
  CHECK(story.Ended(100, {7}) == Strings{"7 before 100"});
}

TEST_CASE("what a worker ran that went has ended when the next is there, or it is forgotten") {
  Story next;
  next.Of(7, 0, 1, 2).Of(7, 10, 1, 2, EventType::kWorkerOffline);
  next.Of(7, 12, 1, 1, EventType::kTaskSucceeded).Of(8, 20, 0, 0, EventType::kWorkerOnline);
  CHECK(next.Ended(20, {7, 8}) == Strings{"7 before 12"});
  CHECK(next.At(20, kUp) == 1);
  WorkerOptions options;
  options.retention = seconds(30);
  Story forgotten(options);
  forgotten.Of(7, 0, 1, 2).Of(7, 10, 1, 2, EventType::kWorkerOffline);
  CHECK(forgotten.Ended(39, {7}).empty());
  CHECK_FALSE(forgotten.At(40, kUp));
  CHECK(forgotten.Ended(41, {7}) == Strings{"7 before 40"});
}

TEST_CASE("what a worker ran has ended when another process of it is heard in its place") {
  Story story;
  story.Of(7, 0, 5, 2);
  for (int i = 0; i < 7; ++i) story.Of(8, 10 + 2 * i, 1, 1);
  CHECK(story.Ended(23, {7, 8}).empty());
  story.Of(8, 24, 1, 1);
  CHECK(story.Ended(25, {7, 8}) == Strings{"7 before 24"});
}

TEST_CASE("in a container each process has the same pid: what the earlier one ran has ended") {
  Story story;
  story.Of(1, 0, 5, 2).Of(1, 10, 0, 0, EventType::kWorkerOnline);
  for (int i = 0; i < 7; ++i) story.Of(1, 12 + 2 * i, 1, 1);
  CHECK(story.Ended(25, {1}) == Strings{"1 before 10"});
}

TEST_CASE("a worker that says three times that nothing runs has ended what it ran") {
  Story story;
  story.Of(7, 0, 5, 1).Of(7, 2, 5, 0).Of(7, 4, 5, 0);
  CHECK(story.Ended(4, {7}).empty());
  story.Of(7, 6, 5, 0).Of(7, 8, 5, 0);
  CHECK(story.Ended(8, {7}) == Strings{"7 idle before 2"});
  story.Of(7, 10, 5, 0);
  CHECK(story.Ended(10, {7}).empty());
}

TEST_CASE("worker-online after a lost connection is no restart") {
  Story story;
  story.Beat(0, "w1@h", 5).Beat(2, "w1@h", 6, 0, EventType::kWorkerOnline);
  CHECK(story.At(2, kProcessed) == 6);
}

TEST_CASE("a heartbeat that comes twice or late counts once") {
  Story story;
  story.Beat(0, "w1@h", 5).Beat(2, "w1@h", 8, 2);
  story.Sent(3, 2, "w1@h", 8).Sent(3, 0, "w1@h", 5);
  story.Beat(4, "w1@h", 9, 1);
  CHECK(story.At(4, kProcessed) == 9);
  CHECK(story.At(4, kActive) == 1);
}

TEST_CASE("of two workers of one name the one whose clock is behind is counted, too") {
  Story story;
  for (int at = 0; at <= 20; at += 2) {
    story.Sent(at, at, "w1@h", 100 + at).Sent(at + 1, at - 29, "w1@h", at);
  }
  CHECK(story.At(21, kProcessed) == 140);
}

TEST_CASE("what was sent long ago and comes in a bunch is no other worker") {
  Story story;
  story.Beat(0, "w1@h", 5).Beat(30, "w1@h", 40);
  for (int late = 10; late <= 20; late += 2) story.Sent(30.1, late, "w1@h", 6 + late);
  CHECK(story.At(31, kProcessed) == 40);
}

TEST_CASE("a worker whose clock was set back by an hour is still heard") {
  Story story;
  story.Sent(0, 3600, "w1@h", 5).Sent(2, 2, "w1@h", 7);
  CHECK(story.At(2, kProcessed) == 7);
  CHECK(story.At(61, kUp) == 1);
}

TEST_CASE("a worker whose clock was set back by less than a minute is up all the while") {
  Story story({.timeout = seconds(30)});
  story.Sent(0, 50, "w1@h", 5);
  for (int at = 2; at <= 48; at += 2) {
    story.Sent(at, at, "w1@h", 5 + at);
    CHECK(story.At(at, kUp) == 1);
  }
  CHECK(story.At(48, kProcessed) == 53);
  story.Beat(52, "w1@h", 60);
  CHECK(story.At(52, kProcessed) == 60);
}

TEST_CASE("a worker that takes tasks and tells of none is said so, once") {
  Story story;
  story.Beat(0, "w1@h", 5).Beat(2, "w1@h", 5);
  CHECK_FALSE(story.At(2, kSends).has_value());
  story.Beat(4, "w1@h", 6);
  CHECK_FALSE(story.At(4, kSends).has_value());  // Its event may still arrive.
  CHECK(story.table.TakeSilent().empty());
  story.Beat(6, "w1@h", 6);
  CHECK(story.At(6, kSends) == 0);
  CHECK(story.table.TakeSilent() == Strings{"w1@h"});
  story.Beat(8, "w1@h", 7).Beat(10, "w1@h", 8);
  CHECK(story.table.TakeSilent().empty());
  CHECK(story.At(10, kSends) == 0);
}

TEST_CASE("a worker that sends task events is known by the first of them") {
  Story story;
  story.Beat(0, "w1@h", 5).Beat(2, "w1@h", 6).Task(2.5, "w1@h");
  CHECK(story.At(3, kSends) == 1);
  story.Beat(4, "w1@h", 9).Beat(6, "w1@h", 12).Beat(8, "w1@h", 12);
  CHECK(story.At(8, kSends) == 1);
  CHECK(story.table.TakeSilent().empty());
}

TEST_CASE("task events that were turned on, and a restart without them, are seen") {
  Story story;
  story.Beat(0, "w1@h", 0).Beat(2, "w1@h", 1).Beat(4, "w1@h", 1);
  CHECK(story.table.TakeSilent() == Strings{"w1@h"});
  story.Task(5, "w1@h");
  CHECK(story.At(5, kSends) == 1);
  story.Beat(6, "w1@h", 0, 0, EventType::kWorkerOnline);
  CHECK_FALSE(story.At(6, kSends).has_value());
  story.Beat(8, "w1@h", 2).Beat(10, "w1@h", 2);
  CHECK(story.table.TakeSilent() == Strings{"w1@h"});
}

TEST_CASE("tasks that passed while nobody listened accuse no worker") {
  Story story;
  story.Beat(0, "w1@h", 5).Beat(12, "w1@h", 9).Beat(14, "w1@h", 9);
  story.table.Deaf(seconds(10));
  CHECK(story.table.TakeSilent().empty());
  CHECK_FALSE(story.At(14, kSends).has_value());
}

TEST_CASE("while nobody listens a silent worker is unknown, not down") {
  Story story({.reply_interval = seconds(60)});
  story.Beat(0, "w1@h");
  story.table.Deaf(seconds(90));
  const auto page = story.Page(100);
  CHECK_FALSE(page.contains(kUp));
  CHECK(page.contains("celery_worker_last_seen_timestamp_seconds{w1@h}"));
  CHECK(story.At(150, kUp) == 0);  // 60 s of silence in which it could have been heard.
  story.Replies(151, {Serving("w1@h", {"celery"})});
  CHECK(story.At(151, kUp) == 1);
  story.table.Deaf(seconds(100));
  CHECK(story.At(251, kUp) == 1);  // Because of its reply.
  CHECK_FALSE(story.At(300, kUp).has_value());
}

TEST_CASE("nor is one down then that was heard by its reply alone") {
  Story story({.reply_interval = seconds(60)});
  story.Replies(0, {Serving("w1@h", {"celery"})});
  story.table.Deaf(seconds(150));
  CHECK(story.At(129, kUp) == 1);
  CHECK_FALSE(story.At(140, kUp).has_value());
  CHECK(story.At(281, kUp) == 0);
}

TEST_CASE("events that are not JSON excuse a worker whose heartbeats were not read beside them") {
  struct Case {
    const char* name;
    int since;                 // When such events began to come; they did not stop.
    std::optional<double> up;  // At 100 s, of a worker that was last heard at 10 s.
  };
  const Case cases[] = {
      {"they are another's: it was heard beside them", 5, 0},
      {"they may be its own: it was heard before them", 20, {}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Story story({.reply_interval = seconds(60)});
    story.Beat(0, "w1@h").Beat(10, "w1@h");
    story.table.SetForeign(seconds(100 - c.since), kStart + seconds(c.since));
    const auto page = story.Page(100);
    CHECK(page.contains(kUp) == c.up.has_value());
    if (c.up) CHECK(page.at(kUp) == *c.up);
  }
}

TEST_CASE("events that are not JSON excuse a worker that is heard by its replies alone") {
  Story story({.reply_interval = seconds(60)});
  story.Replies(10, {Serving("w1@h", {"celery"})});
  story.table.SetForeign(seconds(295), kStart + seconds(5));
  CHECK_FALSE(story.At(300, kUp).has_value());
}

TEST_CASE("a table that is full lets the longest gone go, and then takes no more") {
  Story story({.max_workers = 2});
  story.Beat(0, "old@h").Offline(1, "old@h").Beat(2, "w1@h").Beat(3, "w2@h");
  auto page = story.Page(3);
  CHECK_FALSE(page.contains("celery_worker_up{old@h}"));
  CHECK(page.at(kUp) == 1);
  CHECK(page.at("celery_worker_up{w2@h}") == 1);
  CHECK_FALSE(story.table.TakeRefused());
  story.Beat(4, "w3@h");
  CHECK_FALSE(story.Page(4).contains("celery_worker_up{w3@h}"));
  CHECK(story.table.TakeRefused());
  CHECK_FALSE(story.table.TakeRefused());
  story.Offline(6, "w2@h").Beat(7, "w3@h");
  CHECK(story.Page(7).contains("celery_worker_up{w3@h}"));
}

TEST_CASE("a queue is in order if all who serve it say so") {
  Story story;
  WorkerReply prio = Serving("w2@h", {"mail", "orders"});
  prio.overtaking = {"mail"};
  story.Replies(0, {Serving("w1@h", {"mail", "calm"}), prio});
  CHECK(story.table.QueueOrders() ==
        std::map<std::string_view, bool>{{"calm", true}, {"mail", false}, {"orders", true}});
}

TEST_CASE("a name that is none is no worker") {
  Story story;
  story.Beat(0, "").Beat(0, std::string(513, 'w'));
  CHECK(story.Page(0).empty());
}

}  // namespace
}  // namespace collectors
