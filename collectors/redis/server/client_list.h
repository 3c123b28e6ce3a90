#pragma once

#include <span>
#include <vector>

#include "collectors/redis/server/reply_part.h"

namespace collectors {

// CLIENT LIST: https://redis.io/docs/latest/commands/client-list/
std::vector<RedisCommand> ClientListCommands(const ServerFacts& server);

// Clients together that share name, user and kind (normal, replica, primary,
// pubsub): how many, their memory, their age. The fifty largest groups; the
// others are "other". Throws kLimit above 100,000 clients.
void AddClients(std::span<const RedisReply> replies, const ServerFacts& server,
                exporter::FamilySet& families);

// Each client on its own, under redis_exporter's names: a handful of series a client.
// Throws kLimit above 5,000 clients, after the first 5,000.
void AddClientList(std::span<const RedisReply> replies, const ServerFacts& server,
                   exporter::FamilySet& families);

}  // namespace collectors
