#pragma once

#include <span>
#include <vector>

#include "collectors/redis/server/reply_part.h"

namespace collectors {

// Reads what a sentinel knows of its masters, their replicas and the other sentinels:
// https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/
// The masters are those in its INFO, at most a hundred.
std::vector<RedisCommand> SentinelStateCommands(const ServerFacts& server);
void AddSentinelState(std::span<const RedisReply> replies, const ServerFacts& server,
                      exporter::FamilySet& families);

// Reads the other sentinels, one by one: redis_sentinel_peer_info.
std::vector<RedisCommand> SentinelPeerCommands(const ServerFacts& server);
void AddSentinelPeers(std::span<const RedisReply> replies, const ServerFacts& server,
                      exporter::FamilySet& families);

}  // namespace collectors
