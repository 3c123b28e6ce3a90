#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "collectors/clients/redis/redis_dialer.h"
#include "collectors/clients/redis/redis_reply.h"
#include "collectors/clients/redis/redis_target.h"
#include "exporter/seam/collector.h"

namespace collectors {

// One connection to one Redis, opened when first needed and again after a failure. If the URL names
// sentinels, each run first asks them for the master's address; the server that they name must
// report itself as a master. Every call ends by context.deadline or throws CollectError. One thread
// at a time.
class RedisSession {
 public:
  explicit RedisSession(RedisTarget target);
  ~RedisSession();
  RedisSession(const RedisSession&) = delete;
  RedisSession& operator=(const RedisSession&) = delete;

  // Sends one command. Throws an error reply as CollectError.
  RedisReply Command(const exporter::CollectContext& context, const RedisCommand& command);
  // Sends all commands at once and returns a reply for each. An error reply is one of them, so a
  // refused command costs only itself. If a kept connection turns out to be broken, opens a new one
  // and sends all commands again: use it only for commands that read.
  std::vector<RedisReply> Pipeline(const exporter::CollectContext& context,
                                   const std::vector<RedisCommand>& commands) {
    return Pipeline(context, commands, {});
  }
  // The same in `database`, selected first if needed; without a number, in the URL's database.
  // Throws if SELECT is refused.
  std::vector<RedisReply> Pipeline(const exporter::CollectContext& context,
                                   const std::vector<RedisCommand>& commands,
                                   std::optional<int> database);
  // The same, but keeps the replies that arrived before a failure. `replies` must be empty; it
  // holds fewer replies than commands if this throws. Sends nothing again once a reply has arrived.
  void PipelineInto(const exporter::CollectContext& context,
                    const std::vector<RedisCommand>& commands, std::optional<int> database,
                    std::vector<RedisReply>& replies);

  // Returns the number of the URL's database; valid after the first connection.
  int database() const { return url_database_; }
  // Returns how often it has connected. After a change the server may be another one.
  std::uint64_t connections() const { return connections_; }
  // Returns the time that the last connection took, with login.
  std::chrono::duration<double> connect_time() const { return connect_time_; }

 private:
  void RunOnce(const exporter::CollectContext& context, const std::vector<RedisCommand>& commands,
               std::optional<int> database, std::vector<RedisReply>& replies);

  // Drops the connection if the sentinels now name another master.
  void FollowMaster(const exporter::CollectContext& context,
                    std::unique_ptr<RedisConnection>& connection);
  std::unique_ptr<RedisConnection> Connect(const exporter::CollectContext& context);

  RedisDialer dialer_;
  std::unique_ptr<RedisConnection> connection_;  // Null when not connected.
  std::chrono::duration<double> connect_time_{};
  std::uint64_t connections_ = 0;
  int url_database_ = 0;
};

}  // namespace collectors
