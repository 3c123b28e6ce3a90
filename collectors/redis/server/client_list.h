#pragma once

#include <span>
#include <vector>

#include "collectors/redis/server/reply_part.h"

namespace collectors {

// Lists the clients: https://redis.io/docs/latest/commands/client-list/
std::vector<RedisCommand> ClientListCommands(const ServerFacts& server);

// Groups the clients by name, user and kind (normal, replica, primary, pubsub), and adds each
// group's count, memory and ages. Shows the fifty largest groups; the others become "other". Throws
// kLimit above 100,000 clients.
void AddClients(std::span<const RedisReply> replies, const ServerFacts& server,
                exporter::FamilySet& families);

// Adds each client separately, under redis_exporter's names: up to 13 series per client. Throws
// kLimit above 5,000 clients, after the first 5,000 were added.
void AddClientList(std::span<const RedisReply> replies, const ServerFacts& server,
                   exporter::FamilySet& families);

}  // namespace collectors
