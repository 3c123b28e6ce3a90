#pragma once

#include <memory>

#include "collectors/clients/redis/redis_connection.h"
#include "collectors/clients/redis/redis_target.h"
#include "collectors/clients/redis/reply_reader.h"
#include "exporter/seam/collector.h"

namespace collectors {

class SentinelRoute;

// Opens connections to the current address of a target. Reads its URL and password again each time.
// If the URL names sentinels, asks them for the master. One thread at a time.
class RedisDialer {
 public:
  explicit RedisDialer(RedisTarget target);
  ~RedisDialer();
  RedisDialer(const RedisDialer&) = delete;
  RedisDialer& operator=(const RedisDialer&) = delete;

  // A server that sentinels named must report itself as a master. Throws CollectError.
  std::unique_ptr<RedisConnection> Connect(const exporter::CollectContext& context,
                                           ReplyBounds bounds = {});
  // Returns true if the sentinels now name another master than `endpoint`, where Connect() led.
  // Returns false if there are no sentinels. Throws CollectError if no sentinel answers.
  bool HasMoved(const exporter::CollectContext& context, const RedisEndpoint& endpoint);
  // Checks over a separate connection that the server is still a master; throws if it is not.
  void ExpectMaster(const exporter::CollectContext& context, const RedisEndpoint& endpoint);

 private:
  RedisTarget target_;
  std::unique_ptr<SentinelRoute> route_;
};

}  // namespace collectors
