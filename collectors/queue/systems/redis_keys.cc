// Queues without a queue system: a list, and a sorted set of entries by when they are due.

#include "collectors/queue/systems/queue_reply.h"
#include "collectors/queue/systems/systems.h"

namespace collectors {
namespace {

using Replies = QueueQuestion::Replies;

// --- list: an entry has no time, so its age is not known ---------------------

std::vector<RedisCommand> ListCommands(const QueueTarget& target, QueueTime) {
  return {{"LLEN", target.key}};
}

QueueAnswer ReadList(const QueueTarget& target, Replies replies, QueueTime) {
  return {.states = {{.queue = target.name, .depths = {{"waiting", CountOf(replies[0])}}}}};
}

// --- zset: the score is when an entry is due, in epoch seconds ---------------

std::vector<RedisCommand> ZsetCommands(const QueueTarget& target, QueueTime now) {
  const std::string due = SecondsText(now);
  return {{"ZCOUNT", target.key, "-inf", due}, {"ZCOUNT", target.key, "(" + due, "+inf"}};
}

// No command returns the score alone.
RedisCommand ZsetEntry(const QueueTarget& target, Replies before, QueueTime now) {
  if (CountOf(before[0]) == 0) return {};
  return {"ZRANGEBYSCORE", target.key, "-inf", SecondsText(now), "WITHSCORES", "LIMIT", "0", "1"};
}

QueueAnswer ReadZset(const QueueTarget& target, Replies replies, QueueTime now) {
  QueueState state = {
      .queue = target.name,
      .depths = {{"waiting", CountOf(replies[0])}, {"scheduled", CountOf(replies[1])}}};
  if (replies.size() > 2 && replies[2].items.size() == 2) {
    const auto score =
        LeadingNumber<double>(Checked(replies[2].items[1], RedisReply::Type::kString).text);
    if (score) state.oldest_age_seconds = AgeSinceScore(*score, now);
  }
  return {.states = {std::move(state)}};
}

constexpr QueueQuestion kList = {ListCommands, nullptr, ReadList};
constexpr QueueQuestion kZset = {ZsetCommands, nullptr, ReadZset, ZsetEntry};

}  // namespace

constexpr QueueSystem kRedisListQueues = {.name = "redis_list", .prefix = "", .question = &kList};
constexpr QueueSystem kRedisZsetQueues = {.name = "redis_zset", .prefix = "", .question = &kZset};

}  // namespace collectors
