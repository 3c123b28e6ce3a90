#pragma once

#include <chrono>
#include <span>
#include <string_view>
#include <vector>

#include "collectors/clients/redis/redis_session.h"
#include "collectors/redis/server/info.h"
#include "exporter/seam/family_set.h"

namespace collectors {

// Facts about a server that the parts need, from its INFO, which must outlive them.
struct ServerFacts {
  const InfoText& info;
  // Whole epoch seconds, by the server's clock if it reports it (since 7.0), else by ours.
  double now = 0;
  int version = 0;  // 70015 for 7.0.15; 0 if unknown.
  bool is_cluster = false;
  bool is_sentinel = false;
};
ServerFacts FactsOf(const InfoText& info, std::chrono::system_clock::time_point now);

// A source of metrics besides INFO: its commands, and a pure function that turns their replies into
// families. The commands depend on INFO, so that a server is only asked for what it supports.
struct ReplyPart {
  std::string_view name;  // In `parts:` and in the log.
  bool by_default;
  std::string_view summary;  // What it shows and what it costs, for the user.
  // Returns no commands if the part does not apply to the server.
  std::vector<RedisCommand> (*commands)(const ServerFacts& server);
  // Takes a reply for each command. Throws CollectError if the part has nothing to show: RedisError
  // for an error reply, kProtocol for an unexpected shape.
  void (*add)(std::span<const RedisReply> replies, const ServerFacts& server,
              exporter::FamilySet& families);
};

}  // namespace collectors
