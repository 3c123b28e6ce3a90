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

// Sends commands to a server as one pipeline and returns a reply for each. INFO comes first, alone.
using AskServer = std::function<std::vector<RedisReply>(const std::vector<RedisCommand>&)>;

// What to read of a server besides the plain fields of INFO.
struct ServerParts {
  InfoChoice info;
  std::vector<const ReplyPart*> replies;
  // The server was found as a sentinel's master. A server that reports another role is not read: it
  // may have been demoted before the sentinel noticed.
  bool only_master = false;
};

// Reads one server: INFO first, then the parts that fit the server, in one pipeline. A part that
// the server refuses or does not know is retried after ten minutes; until then it is a problem of
// each reading. Not thread-safe.
class ServerReader {
 public:
  explicit ServerReader(const ServerParts& parts) : parts_(&parts) {}

  // Throws CollectError if INFO is unusable. Any other failure is a problem of the reading. `now`
  // and `wall_now` are when the run began, on both clocks.
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

  const ServerParts* parts_;                      // The collector's; outlives the reader.
  std::map<std::string_view, Refusal> refusals_;  // By the part's name.
};

}  // namespace collectors
