// When a WorkerTable wants a round of control calls, and what is absent until then.

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collectors/celery/workers/worker_table.h"
#include "tests/support/taken.h"

namespace collectors {
namespace {

using exporter::SteadyTime;
using std::chrono::seconds;

const SteadyTime kStart = SteadyTime() + std::chrono::hours(1);

void Say(WorkerTable& table, int at, const std::string& hostname, EventType type) {
  CeleryEvent event{};
  event.type = type;
  event.hostname = hostname;
  event.timestamp = 1.7e9 + at;
  table.Heard(event, kStart + seconds(at));
}

void Reply(WorkerTable& table, int at, const std::vector<std::string>& hostnames) {
  std::vector<WorkerReply> replies;
  for (const std::string& hostname : hostnames) {
    replies.emplace_back();
    replies.back().hostname = hostname;
    replies.back().queues = {"mail"};
  }
  table.Replied(replies, kStart + seconds(at));
}

// The page's number of workers of the queue mail.
std::optional<double> Count(WorkerTable& table, int at) {
  exporter::FamilySet families;
  table.Write({"mail"}, false, families, {kStart + seconds(at), 1.7e9 + at});
  for (const auto& timed : exporter::testing::TakenFrom(std::move(families))) {
    if (timed.family.name != "celery_active_worker_count") continue;
    REQUIRE(timed.family.metric.size() == 1);
    return timed.family.metric.front().gauge.value;
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("who comes is asked twice, and no queue is said to have nobody before") {
  WorkerTable table({.expected = {{"mail", 2}}});
  CHECK_FALSE(Count(table, 0));
  Reply(table, 0, {});
  CHECK_FALSE(table.WantsRound());
  CHECK(Count(table, 0) == 0);
  Say(table, 1, "w1@h", EventType::kWorkerOnline);
  CHECK(table.WantsRound());
  CHECK_FALSE(Count(table, 1));
  // The worker does not listen to control calls yet.
  Reply(table, 2, {});
  CHECK(table.WantsRound());
  CHECK_FALSE(Count(table, 2));
  Reply(table, 3, {"w1@h"});
  CHECK_FALSE(table.WantsRound());
  CHECK(Count(table, 3) == 1);
  Say(table, 4, "w1@h", EventType::kWorkerHeartbeat);
  CHECK_FALSE(table.WantsRound());
}

TEST_CASE("a worker that comes back is asked too, and mostly serves the same") {
  WorkerTable table({});
  Say(table, 0, "w1@h", EventType::kWorkerOnline);
  Reply(table, 1, {"w1@h"});
  Reply(table, 2, {"w1@h"});
  CHECK_FALSE(table.WantsRound());
  Say(table, 3, "w1@h", EventType::kWorkerOnline);
  CHECK(table.WantsRound());
  CHECK(Count(table, 3) == 1);
}

TEST_CASE("one that was there before us is new to us") {
  WorkerTable table({});
  Reply(table, 0, {"w1@h"});
  Say(table, 1, "w1@h", EventType::kTaskStarted);
  CHECK_FALSE(table.WantsRound());
  Say(table, 2, "w2@h", EventType::kTaskStarted);
  CHECK(table.WantsRound());
}

TEST_CASE("who was heard, and has not said that it goes, lives") {
  WorkerTable table({});
  CHECK_FALSE(table.HeardSince(kStart));
  Say(table, 1, "w1@h", EventType::kWorkerHeartbeat);
  CHECK(table.HeardSince(kStart));
  CHECK_FALSE(table.HeardSince(kStart + seconds(1)));
  Say(table, 2, "w1@h", EventType::kWorkerOffline);
  CHECK_FALSE(table.HeardSince(kStart));
}

}  // namespace collectors
