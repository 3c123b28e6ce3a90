#pragma once

#include <span>
#include <vector>

#include "collectors/redis/server/reply_part.h"

namespace collectors {

// Reads the length of the slow log and its latest entry:
// https://redis.io/docs/latest/commands/slowlog-get/
std::vector<RedisCommand> SlowLogCommands(const ServerFacts& server);
void AddSlowLog(std::span<const RedisReply> replies, const ServerFacts& server,
                exporter::FamilySet& families);

}  // namespace collectors
