#pragma once

#include <span>
#include <vector>

#include "collectors/redis/server/reply_part.h"

namespace collectors {

// What a sentinel knows of its masters, their replicas and the other sentinels:
// https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/
// Masters are those that its INFO names, a hundred at most.
std::vector<RedisCommand> SentinelStateCommands(const ServerFacts& server);
void AddSentinelState(std::span<const RedisReply> replies, const ServerFacts& server,
                      exporter::FamilySet& families);

// Each of the other sentinels: redis_sentinel_peer_info.
std::vector<RedisCommand> SentinelPeerCommands(const ServerFacts& server);
void AddSentinelPeers(std::span<const RedisReply> replies, const ServerFacts& server,
                      exporter::FamilySet& families);

}  // namespace collectors
