#pragma once

#include <span>
#include <vector>

#include "collectors/redis/server/reply_part.h"

namespace collectors {

// The settings that redis_exporter shows by default, one CONFIG GET each:
// CONFIG GET * would bring the passwords over the wire as well.
// https://redis.io/docs/latest/commands/config-get/
std::vector<RedisCommand> ConfigCommands(const ServerFacts& server);
// With them db0 to the last configured database exist, also where they hold nothing.
void AddConfig(std::span<const RedisReply> replies, const ServerFacts& server,
               exporter::FamilySet& families);

// Every setting, of a sentinel its own: redis_config_key_value and
// redis_config_value. Those that hold or may hold a secret are left out.
std::vector<RedisCommand> AllConfigCommands(const ServerFacts& server);
void AddAllConfig(std::span<const RedisReply> replies, const ServerFacts& server,
                  exporter::FamilySet& families);

}  // namespace collectors
