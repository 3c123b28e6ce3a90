#pragma once

#include <memory>
#include <optional>

#include "collectors/clients/redis/endpoint.h"
#include "collectors/clients/redis/redis_connection.h"
#include "collectors/clients/redis/redis_target.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// Where a master is, by the sentinels that watch it:
// https://redis.io/docs/latest/develop/reference/sentinel-clients/
// Keeps a connection to the sentinel that answered last. One thread at a time.
class SentinelRoute {
 public:
  // How to speak to the sentinels; the endpoint says which they are.
  explicit SentinelRoute(const RedisTarget& target) : target_(target) {}

  // Asks the sentinels in turn, the one that answered last first; a collection
  // asks once, however often this is called with its deadline. A sentinel that is
  // mute takes its share of half the time that is left, no more. Throws
  // CollectError of the last that failed; kMissing where none knows the master.
  RedisNodeAddress Find(const exporter::CollectContext& context, const RedisEndpoint& endpoint);
  // What it named was no master: the next Find() begins with another sentinel, for
  // one that is cut off from the others may be wrong for long.
  void Doubt(const RedisEndpoint& endpoint);

 private:
  // On the kept connection or a new one.
  RedisNodeAddress Ask(const exporter::CollectContext& context, const RedisEndpoint& endpoint,
                       const RedisNodeAddress& sentinel);
  std::unique_ptr<RedisConnection> Connect(const exporter::CollectContext& context,
                                           const RedisEndpoint& endpoint,
                                           const RedisNodeAddress& sentinel);

  const RedisTarget& target_;
  std::unique_ptr<RedisConnection> connection_;    // To the one that answered last.
  RedisNodeAddress answered_;                      // Asked first.
  std::optional<exporter::SteadyTime> found_for_;  // The deadline of that collection.
  RedisNodeAddress found_;
};

}  // namespace collectors
