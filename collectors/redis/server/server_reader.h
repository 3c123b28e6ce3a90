#pragma once

#include <bitset>
#include <functional>
#include <map>
#include <string_view>
#include <vector>

#include "collectors/redis/server/info.h"
#include "collectors/redis/server/reply_part.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// Sends commands to a server as one pipeline; a reply for each. INFO comes first and alone.
using AskServer = std::function<std::vector<RedisReply>(const std::vector<RedisCommand>&)>;

// What of a server is read besides the plain fields of INFO.
struct ServerParts {
  InfoChoice info;
  std::vector<const ReplyPart*> replies;
  // Sentinels were asked for a master: what says that it is none is not read. It
  // may have been demoted while its sentinel has not heard of it.
  bool only_master = false;
};

// Reads one server: INFO first, then the parts that fit it, in one pipeline. A
// part that the server refuses, or does not know, is asked for again only after
// ten minutes; until then each run says that it is missing. One thread at a time.
class ServerReader {
 public:
  explicit ServerReader(const ServerParts& parts) : parts_(&parts) {}

  // Throws CollectError where INFO tells nothing; what else fails is a problem
  // in the reading. `now` is when the run began, on both clocks.
  void Read(const AskServer& ask, exporter::SteadyTime now,
            std::chrono::system_clock::time_point wall_now, exporter::Reading& reading);

 private:
  struct Refusal {
    exporter::SteadyTime until;
    exporter::CollectError problem;
  };

  bool IsRefused(const ReplyPart& part, exporter::SteadyTime now) const;
  void ReadPart(const ReplyPart& part, std::span<const RedisReply> replies,
                const ServerFacts& server, exporter::SteadyTime now, exporter::Reading& reading);

  const ServerParts* parts_;                      // The collector's, which outlives it.
  std::map<std::string_view, Refusal> refusals_;  // By the part's name.
};

}  // namespace collectors
