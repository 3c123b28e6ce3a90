// RQ (python-rq.org). The keys of the queue Q, below rq:
//   queue:Q      list of job ids, pushed at the right, taken from the left
//   wip:Q        zset of running jobs; the score is when the worker counts as dead if it
//                is silent until then (no end: +inf, or -1 in RQ 1)
//   scheduled:Q  zset by when a job is due
//   deferred:Q   zset of jobs that wait for other jobs
//   failed:Q, finished:Q  zsets by when entries expire (never: +inf or -1); the next
//                maintenance removes those that have expired
//   workers:Q    set of the keys of its workers; a worker's hash is kept by heartbeats
//   job:ID       hash; enqueued_at is ISO 8601 in UTC
//   suspended    exists while all workers are told to pause
// As in RQ 1.16.2 and 3.0.0; 1.16 and 3.0 are tested.

#include <algorithm>

#include "collectors/queue/systems/queue_reply.h"
#include "collectors/queue/systems/systems.h"

namespace collectors {
namespace {

using exporter::ErrorKind;
using Replies = QueueQuestion::Replies;

enum Asked : std::size_t {
  kWaiting,
  kRunning,
  kSilent,
  kScheduled,
  kDeferred,
  kFailed,
  kFailedGone,
  kFinished,
  kFinishedGone,
  kSuspended,
  kWorkers,
  kFirst  // Then the live workers, if the set has any; the oldest id; its job's time.
};

std::string Key(std::string_view kind, const std::string& queue) {
  return "rq:" + std::string(kind) + ":" + queue;
}

std::vector<RedisCommand> Commands(const QueueTarget& target, QueueTime now) {
  const std::string& queue = target.key;
  const std::string seconds = SecondsText(now);
  // The expired entries of a zset by expiry. A score below zero is not a time.
  const auto past = [&](std::string_view kind) {
    return RedisCommand{"ZCOUNT", Key(kind, queue), "0", seconds};
  };
  return {{"LLEN", Key("queue", queue)},
          {"ZCARD", Key("wip", queue)},
          past("wip"),
          {"ZCARD", Key("scheduled", queue)},
          {"ZCARD", Key("deferred", queue)},
          {"ZCARD", Key("failed", queue)},
          past("failed"),
          {"ZCARD", Key("finished", queue)},
          past("finished"),
          {"EXISTS", "rq:suspended"},
          MembersCommand(Key("workers", queue))};
}

// A worker that was killed stays in the set; its hash expires.
std::vector<RedisCommand> More(const QueueTarget&, Replies first, QueueTime) {
  const auto workers = MembersOf(first[kWorkers]);
  if (!workers || workers->empty()) return {};
  RedisCommand exists = {"EXISTS"};
  exists.insert(exists.end(), workers->begin(), workers->end());
  return {std::move(exists)};
}

RedisCommand Id(const QueueTarget& target) { return {"LINDEX", Key("queue", target.key), "0"}; }

RedisCommand Entry(const QueueTarget&, Replies before, QueueTime) {
  const auto id = TextOf(before.back());
  if (!id) return {};
  return {"HGET", "rq:job:" + *id, "enqueued_at"};
}

// Not below zero: an entry may have gone between the two commands.
double Less(const RedisReply& all, const RedisReply& some) {
  return std::max(0.0, CountOf(all) - CountOf(some));
}

QueueAnswer Read(const QueueTarget& target, Replies replies, QueueTime now) {
  QueueState state = {.queue = target.name,
                      .depths = {{"waiting", CountOf(replies[kWaiting])},
                                 {"active", Less(replies[kRunning], replies[kSilent])},
                                 {"stalled", CountOf(replies[kSilent])},
                                 {"scheduled", CountOf(replies[kScheduled])},
                                 {"blocked", CountOf(replies[kDeferred])},
                                 {"failed", Less(replies[kFailed], replies[kFailedGone])},
                                 {"finished", Less(replies[kFinished], replies[kFinishedGone])}},
                      .paused = CountOf(replies[kSuspended]) > 0};
  QueueAnswer answer;
  const auto workers = MembersOf(replies[kWorkers]);
  const bool has_workers = workers && !workers->empty();
  const std::size_t oldest = has_workers ? kFirst + 1 : kFirst;
  if (replies.size() > oldest + 1) {
    const auto enqueued = TextOf(replies.back());
    if (enqueued) state.oldest_age_seconds = AgeSince(EpochOfIso(*enqueued), now);
  }
  if (workers) {
    state.consumers = workers->empty() ? 0 : CountOf(replies[kFirst]);
  } else {
    answer.problems.emplace_back(ErrorKind::kLimit, "more than 1000 workers: not counted");
  }
  answer.states.push_back(std::move(state));
  return answer;
}

constexpr QueueQuestion kQueue = {Commands, More, Read, Entry, Id};

RedisCommand Scan(const std::string&, const std::string& cursor) {
  return {"SSCAN", "rq:queues", cursor, "COUNT", "1000"};
}

std::optional<std::string> QueueOf(const std::string&, const std::string& found) {
  return Between(found, "rq:queue:", "");
}

constexpr QueueRegistry kRegistry = {.scan = Scan, .queue = QueueOf};

}  // namespace

constexpr QueueSystem kRqQueues = {
    .name = "rq", .prefix = "", .question = &kQueue, .registry = &kRegistry};

}  // namespace collectors
