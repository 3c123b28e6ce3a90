#pragma once

#include <span>
#include <vector>

#include "collectors/redis/server/reply_part.h"

namespace collectors {

// Reads the settings that redis_exporter shows by default, with one CONFIG GET each: CONFIG GET *
// would send the passwords over the wire, too.
// https://redis.io/docs/latest/commands/config-get/
std::vector<RedisCommand> ConfigCommands(const ServerFacts& server);
// Also adds the databases that hold no keys, from db0 to the last configured one.
void AddConfig(std::span<const RedisReply> replies, const ServerFacts& server,
               exporter::FamilySet& families);

// Reads every setting (from a sentinel, its own) into redis_config_key_value and
// redis_config_value. Leaves out settings that hold or may hold a secret.
std::vector<RedisCommand> AllConfigCommands(const ServerFacts& server);
void AddAllConfig(std::span<const RedisReply> replies, const ServerFacts& server,
                  exporter::FamilySet& families);

}  // namespace collectors
