#pragma once

#include <memory>

#include "collectors/clients/redis/redis_connection.h"
#include "collectors/clients/redis/redis_target.h"
#include "collectors/clients/redis/reply_reader.h"
#include "exporter/seam/collector.h"

namespace collectors {

class SentinelRoute;

// Opens connections to where a target leads now: its URL and password are read
// anew each time, and where the URL names sentinels they are asked for the master.
// One thread at a time.
class RedisDialer {
 public:
  explicit RedisDialer(RedisTarget target);
  ~RedisDialer();
  RedisDialer(const RedisDialer&) = delete;
  RedisDialer& operator=(const RedisDialer&) = delete;

  // What the sentinels named must hold itself for a master. Throws CollectError.
  std::unique_ptr<RedisConnection> Connect(const exporter::CollectContext& context,
                                           ReplyBounds bounds = {});
  // Whether the sentinels name another master now than the one that Connect() led
  // to; never where there are no sentinels. Throws CollectError where none answers.
  bool HasMoved(const exporter::CollectContext& context, const RedisEndpoint& endpoint);
  // Asks that server over another connection whether it is a master still.
  void ExpectMaster(const exporter::CollectContext& context, const RedisEndpoint& endpoint);

 private:
  RedisTarget target_;
  std::unique_ptr<SentinelRoute> route_;
};

}  // namespace collectors
