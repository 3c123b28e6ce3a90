#pragma once

#include <chrono>
#include <span>
#include <string_view>
#include <vector>

#include "collectors/clients/redis/redis_session.h"
#include "collectors/redis/server/info.h"
#include "exporter/seam/family_set.h"

namespace collectors {

// What the parts need to know of a server, from its INFO, which must outlive it.
struct ServerFacts {
  const InfoText& info;
  double now = 0;   // By its own clock where it tells it (7.0), else ours; whole epoch seconds.
  int version = 0;  // 70015 for 7.0.15; 0 where it does not tell.
  bool is_cluster = false;
  bool is_sentinel = false;
};
ServerFacts FactsOf(const InfoText& info, std::chrono::system_clock::time_point now);

// A source of metrics besides INFO: commands, and the pure function that turns
// their replies into families. Which commands depends on INFO, so that a server
// is not asked for what it cannot know.
struct ReplyPart {
  std::string_view name;  // In `parts:`, and in the log.
  bool by_default;
  std::string_view summary;  // What it shows and what it costs, for people.
  // None where the part is not for this server.
  std::vector<RedisCommand> (*commands)(const ServerFacts& server);
  // A reply for each command. Throws CollectError where the part has nothing to
  // show for them: RedisError of an error reply, kProtocol for another shape.
  void (*add)(std::span<const RedisReply> replies, const ServerFacts& server,
              exporter::FamilySet& families);
};

}  // namespace collectors
