// Huey (huey.readthedocs.io) with its Redis storages. The keys of the instance N:
//   huey.redis.N     list, pushed at the left, or a zset by priority (PriorityRedisHuey)
//   huey.schedule.N  zset by when an entry is due, in epoch seconds
//   huey.results.N   hash; huey.r.N.* in storages that let results expire
// N is the instance's name, of which only letters, digits and underscores are kept. Running tasks
// are not stored, and tasks are pickles without a time: neither active nor failed tasks nor an age
// is known. As in Huey 3.5.4.

#include "collectors/queue/systems/queue_reply.h"
#include "collectors/queue/systems/systems.h"

namespace collectors {
namespace {

using Replies = QueueQuestion::Replies;

std::vector<RedisCommand> Commands(const QueueTarget& target, QueueTime) {
  const std::string queue = "huey.redis." + target.key;
  return {{"LLEN", queue}, {"ZCARD", queue}, {"ZCARD", "huey.schedule." + target.key}};
}

bool IsOfAnotherType(const RedisReply& reply) {
  return reply.type == RedisReply::Type::kError && reply.text.starts_with("WRONGTYPE");
}

// The queue is a list or a zset. While it is empty it is neither, and both lengths are 0.
QueueAnswer Read(const QueueTarget& target, Replies replies, QueueTime) {
  const RedisReply& length = IsOfAnotherType(replies[0]) ? replies[1] : replies[0];
  return {
      .states = {{.queue = target.name,
                  .depths = {{"waiting", CountOf(length)}, {"scheduled", CountOf(replies[2])}}}}};
}

constexpr QueueQuestion kQueue = {Commands, nullptr, Read};

RedisCommand Scan(const std::string&, const std::string& cursor) {
  return ScanCommand(cursor, "huey.*");
}

std::optional<std::string> QueueOf(const std::string&, const std::string& found) {
  for (const std::string_view kind : {"huey.redis.", "huey.schedule.", "huey.results."}) {
    if (auto queue = Between(found, kind, "")) return queue;
  }
  return std::nullopt;
}

constexpr QueueRegistry kRegistry = {.scan = Scan, .queue = QueueOf, .leaves_no_trace = true};

}  // namespace

constexpr QueueSystem kHueyQueues = {
    .name = "huey", .prefix = "", .question = &kQueue, .registry = &kRegistry};

}  // namespace collectors
