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

// One connection to one Redis, opened when first needed and again after a
// failure. Where the URL names sentinels, each collection asks them first for
// the master's address, and what they name must hold itself for a master. Every
// call ends by context.deadline, or throws CollectError. One thread at a time.
class RedisSession {
 public:
  explicit RedisSession(RedisTarget target);
  ~RedisSession();
  RedisSession(const RedisSession&) = delete;
  RedisSession& operator=(const RedisSession&) = delete;

  // Sends one command; an error reply is thrown as CollectError.
  RedisReply Command(const exporter::CollectContext& context, const RedisCommand& command);
  // Sends all in one go and returns a reply for each; an error reply is one of
  // them, so that a command that is refused costs only itself. A kept connection
  // that broke meanwhile is opened again, and all is sent once more: ask only.
  std::vector<RedisReply> Pipeline(const exporter::CollectContext& context,
                                   const std::vector<RedisCommand>& commands) {
    return Pipeline(context, commands, {});
  }
  // The same in that database, which a SELECT chooses first where it is not the
  // chosen one; without a number, in the URL's. Throws where it is refused.
  std::vector<RedisReply> Pipeline(const exporter::CollectContext& context,
                                   const std::vector<RedisCommand>& commands,
                                   std::optional<int> database);
  // The same, and keeps what came before a failure: `replies`, empty at first, has fewer
  // than there are commands if it throws. Sends nothing again once a reply came.
  void PipelineInto(const exporter::CollectContext& context,
                    const std::vector<RedisCommand>& commands, std::optional<int> database,
                    std::vector<RedisReply>& replies);

  // The number of the URL's database, once it has connected.
  int database() const { return url_database_; }
  // How often it has connected: another number is another server, perhaps.
  std::uint64_t connections() const { return connections_; }
  // How long it took to connect and to log in, the last time that it did.
  std::chrono::duration<double> connect_time() const { return connect_time_; }

 private:
  void RunOnce(const exporter::CollectContext& context, const std::vector<RedisCommand>& commands,
               std::optional<int> database, std::vector<RedisReply>& replies);

  // Leaves the connection if the sentinels name another master now.
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
