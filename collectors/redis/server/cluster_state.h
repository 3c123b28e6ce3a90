#pragma once

#include <span>
#include <vector>

#include "collectors/redis/server/reply_part.h"

namespace collectors {

// A node's view of its cluster: https://redis.io/docs/latest/commands/cluster-info/
std::vector<RedisCommand> ClusterStateCommands(const ServerFacts& server);
void AddClusterState(std::span<const RedisReply> replies, const ServerFacts& server,
                     exporter::FamilySet& families);

}  // namespace collectors
