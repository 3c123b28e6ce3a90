#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collectors/celery/brokers/broker.h"
#include "collectors/celery/brokers/redis_bindings.h"
#include "collectors/celery/brokers/redis_depth.h"
#include "collectors/celery/brokers/redis_heads.h"
#include "collectors/clients/redis/redis_session.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// Counts the unacknowledged messages by queue. A message never changes, so each is read once,
// however long a worker holds it. Sizes are asked for first, so that no read of the hash `unacked`
// holds up the server: the size of the whole hash and, if that is large or MEMORY is refused, of
// each message. Commands: HKEYS, MEMORY USAGE, HSTRLEN, HMGET. One thread at a time.
class RedisUnacked {
 public:
  RedisUnacked(std::string key, std::string collector)
      : key_(std::move(key)), collector_(std::move(collector)) {}

  // Adds each queue's share to the reading. `now` is epoch seconds. Never throws: why the shares
  // are not known is in the reading's problems. Too many messages are not a problem, because
  // workers hold all tasks that are not due yet: that is logged, at most once an hour.
  void Add(const exporter::CollectContext& context, RedisSession& session, RedisBindings& bindings,
           double now, BrokerReading& reading);

 private:
  struct Weighed {
    std::vector<std::vector<std::string>> portions;  // Tags to ask for at a time.
    std::size_t unread = 0;                          // Messages left out because they are too
                                                     // large.
  };

  // Updates the known messages as far as the bounds allow. Returns how many are not read.
  std::size_t Learn(const exporter::CollectContext& context, RedisSession& session);
  // Whether the whole hash may be read at once.
  bool IsLight(const exporter::CollectContext& context, RedisSession& session) const;
  Weighed Weigh(const exporter::CollectContext& context, RedisSession& session,
                const std::vector<std::string>& tags);

  void LogMany(double unacked);

  std::string key_;
  std::string collector_;
  std::optional<exporter::SteadyTime> many_logged_;
  UnackedMessages known_;
  RedisRest rest_;
  std::optional<exporter::CollectError> failure_;  // The reason for the rest.
};

}  // namespace collectors
