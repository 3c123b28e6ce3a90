#include "collectors/redis/server/slow_log.h"

#include "collectors/redis/server/reply_shape.h"

namespace collectors {

using Type = RedisReply::Type;

std::vector<RedisCommand> SlowLogCommands(const ServerFacts& server) {
  if (server.is_sentinel) return {};
  return {{"SLOWLOG", "LEN"}, {"SLOWLOG", "GET", "1"}};
}

void AddSlowLog(std::span<const RedisReply> replies, const ServerFacts& /*server*/,
                exporter::FamilySet& families) {
  const RedisReply& length = Expect(replies[0], Type::kInteger, "SLOWLOG LEN");
  const RedisReply& entries = Expect(replies[1], Type::kArray, "SLOWLOG GET");
  // An entry is [ID, start time, microseconds, words of the command].
  double id = 0;
  double microseconds = 0;
  if (!entries.items.empty() && entries.items[0].items.size() > 2) {
    id = static_cast<double>(entries.items[0].items[0].integer);
    microseconds = static_cast<double>(entries.items[0].items[2].integer);
  }
  families.Gauge("redis_slowlog_length", "Commands in the slow log.")
      .Add(static_cast<double>(length.integer));
  families.Gauge("redis_slowlog_last_id", "ID of the latest command in the slow log; 0 for none.")
      .Add(id);
  families
      .Gauge("redis_last_slow_execution_duration_seconds",
             "Seconds that the latest command in the slow log took; 0 for none.")
      .Add(microseconds / 1e6);
}

}  // namespace collectors
