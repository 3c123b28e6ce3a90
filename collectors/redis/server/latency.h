#pragma once

#include <span>
#include <vector>

#include "collectors/redis/server/reply_part.h"

namespace collectors {

// The latest spike of each event of the latency monitor:
// https://redis.io/docs/latest/commands/latency-latest/
std::vector<RedisCommand> LatencyCommands(const ServerFacts& server);
void AddLatency(std::span<const RedisReply> replies, const ServerFacts& server,
                exporter::FamilySet& families);

// A histogram of the latency of each command, Redis 7.0 and later:
// https://redis.io/docs/latest/commands/latency-histogram/
// The sum is that of INFO's commandstats, the subcommands' included.
std::vector<RedisCommand> LatencyHistogramCommands(const ServerFacts& server);
void AddLatencyHistograms(std::span<const RedisReply> replies, const ServerFacts& server,
                          exporter::FamilySet& families);

}  // namespace collectors
