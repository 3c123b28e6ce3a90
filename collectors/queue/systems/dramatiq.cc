// Dramatiq (dramatiq.io) with its Redis broker. The keys of the queue Q, below dramatiq:
//   Q          list of message ids, pushed at the right, taken from the left
//   Q.msgs     hash of the messages that wait in the list or that a worker has
//   Q.DQ, Q.DQ.msgs  the same for messages that are not due yet
//   Q.XQ       zset of dead messages, deleted after a week
//   __acks__.WORKER.Q  set of the messages that a worker has; those of a dead worker go
//              back to the list at the next maintenance
//   __heartbeats__  zset of all clients that have called, also those that only send
// So neither the number of workers nor the messages of dead ones can be found at a bounded cost.
// The message contains message_timestamp, in milliseconds; nothing else in it is read. As in
// Dramatiq 2.2.1.

#include <algorithm>

#include "collectors/queue/systems/queue_reply.h"
#include "collectors/queue/systems/systems.h"
#include "collectors/shared/redis_glob.h"

namespace collectors {
namespace {

using Replies = QueueQuestion::Replies;

std::string Key(const QueueTarget& target, std::string_view suffix) {
  return target.prefix + ":" + target.key + std::string(suffix);
}

std::vector<RedisCommand> Commands(const QueueTarget& target, QueueTime) {
  return {{"LLEN", Key(target, "")},
          {"HLEN", Key(target, ".msgs")},
          {"HLEN", Key(target, ".DQ.msgs")},
          {"ZCARD", Key(target, ".XQ")}};
}

RedisCommand Id(const QueueTarget& target) { return {"LINDEX", Key(target, ""), "0"}; }

RedisCommand Entry(const QueueTarget& target, Replies before, QueueTime) {
  const auto id = TextOf(before.back());
  if (!id) return {};
  return {"HGET", Key(target, ".msgs"), *id};
}

// Includes a delay and the pauses before retries: nothing records when they were over.
std::optional<double> SentAt(const std::string& message) {
  const auto sent = JsonNumber(message, "message_timestamp");
  return sent ? std::optional(*sent / 1000) : std::nullopt;
}

QueueAnswer Read(const QueueTarget& target, Replies replies, QueueTime now) {
  const double waiting = CountOf(replies[0]);
  QueueState state = {.queue = target.name,
                      .depths = {{"waiting", waiting},
                                 // A message may have come between the two commands.
                                 {"active", std::max(0.0, CountOf(replies[1]) - waiting)},
                                 {"scheduled", CountOf(replies[2])},
                                 {"failed", CountOf(replies[3])}}};
  // The reply before it is the oldest id.
  if (replies.size() > 5) {
    const auto message = TextOf(replies[5]);
    if (message) state.oldest_age_seconds = AgeSince(SentAt(*message), now);
  }
  return {.states = {std::move(state)}};
}

constexpr QueueQuestion kQueue = {Commands, nullptr, Read, Entry, Id};

RedisCommand Scan(const std::string& prefix, const std::string& cursor) {
  return ScanCommand(cursor, EscapedGlob(prefix) + ":*");
}

// Q, Q.DQ and Q.XQ are one queue.
std::optional<std::string> QueueOf(const std::string& prefix, const std::string& found) {
  auto queue = Between(found, prefix + ":", ".msgs");
  for (const std::string_view suffix : {".DQ", ".XQ"}) {
    if (queue && queue->ends_with(suffix)) queue = Between(*queue, "", suffix);
  }
  return queue;
}

constexpr QueueRegistry kRegistry = {.scan = Scan, .queue = QueueOf, .leaves_no_trace = true};

}  // namespace

constexpr QueueSystem kDramatiqQueues = {.name = "dramatiq",
                                         .prefix = "dramatiq",
                                         .has_prefix = true,
                                         .question = &kQueue,
                                         .registry = &kRegistry};

}  // namespace collectors
