#pragma once

#include <memory>
#include <optional>

#include "collectors/clients/redis/endpoint.h"
#include "collectors/clients/redis/redis_connection.h"
#include "collectors/clients/redis/redis_target.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// Finds a master through the sentinels that watch it:
// https://redis.io/docs/latest/develop/reference/sentinel-clients/
// Keeps a connection to the sentinel that answered last. One thread at a time.
class SentinelRoute {
 public:
  // `target` holds the login for the sentinels and must outlive this; Find()'s endpoint lists them.
  explicit SentinelRoute(const RedisTarget& target) : target_(target) {}

  // Asks the sentinels in turn, beginning with the one that answered last. A run asks once: later
  // calls with the same deadline return the same address. The sentinels share half of the remaining
  // time, so a mute one takes only its share. Throws the CollectError of the last sentinel that
  // failed; kMissing if it does not know the master.
  RedisNodeAddress Find(const exporter::CollectContext& context, const RedisEndpoint& endpoint);
  // Reports that Find() named a server that is not a master. The next Find() begins with another
  // sentinel: one that is cut off from the others may stay wrong for long.
  void Doubt(const RedisEndpoint& endpoint);

 private:
  // On the kept connection or a new one.
  RedisNodeAddress Ask(const exporter::CollectContext& context, const RedisEndpoint& endpoint,
                       const RedisNodeAddress& sentinel);
  std::unique_ptr<RedisConnection> Connect(const exporter::CollectContext& context,
                                           const RedisEndpoint& endpoint,
                                           const RedisNodeAddress& sentinel);

  const RedisTarget& target_;
  std::unique_ptr<RedisConnection> connection_;    // To the sentinel that answered last.
  RedisNodeAddress answered_;                      // The sentinel to ask first.
  std::optional<exporter::SteadyTime> found_for_;  // The deadline of the run that found it.
  RedisNodeAddress found_;
};

}  // namespace collectors
