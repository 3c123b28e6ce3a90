#pragma once

#include <span>
#include <vector>

#include "collectors/redis/server/reply_part.h"

namespace collectors {

// Reads the latest spike of each event of the latency monitor:
// https://redis.io/docs/latest/commands/latency-latest/
std::vector<RedisCommand> LatencyCommands(const ServerFacts& server);
void AddLatency(std::span<const RedisReply> replies, const ServerFacts& server,
                exporter::FamilySet& families);

// Reads a latency histogram per command, since Redis 7.0:
// https://redis.io/docs/latest/commands/latency-histogram/
// The sum is from INFO's commandstats, subcommands included.
std::vector<RedisCommand> LatencyHistogramCommands(const ServerFacts& server);
void AddLatencyHistograms(std::span<const RedisReply> replies, const ServerFacts& server,
                          exporter::FamilySet& families);

}  // namespace collectors
