#pragma once

#include <span>
#include <vector>

#include "collectors/redis/server/reply_part.h"

namespace collectors {

// Reads the modules that the server has loaded, and their fields of INFO modules: search, bloom
// filters, JSON.
std::vector<RedisCommand> ModuleCommands(const ServerFacts& server);
void AddModules(std::span<const RedisReply> replies, const ServerFacts& server,
                exporter::FamilySet& families);

}  // namespace collectors
