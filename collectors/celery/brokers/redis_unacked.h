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

// Whose the unacknowledged messages are. A message never changes, so each is read
// once, however long a worker holds it; and its size is asked first, so that no
// more of the hash `unacked` is read at a time than the server hands out in passing:
// that of the whole hash, and where it is large, or MEMORY is refused, of each message.
// Commands: HKEYS, MEMORY USAGE, HSTRLEN, HMGET. One thread at a time.
class RedisUnacked {
 public:
  RedisUnacked(std::string key, std::string collector)
      : key_(std::move(key)), collector_(std::move(collector)) {}

  // Adds each queue's part to the reading. `now` is epoch seconds. Never throws:
  // why the parts are not known is in the reading's problems. But that there are many
  // is no fault, as workers hold all that is not due yet: it is logged, seldom.
  void Add(const exporter::CollectContext& context, RedisSession& session, RedisBindings& bindings,
           double now, BrokerReading& reading);

 private:
  struct Weighed {
    std::vector<std::vector<std::string>> portions;  // Tags to ask for at a time.
    std::size_t unread = 0;                          // Those that are too large.
  };

  // Brings what is known up to date, or as near to it as the bounds allow;
  // returns how many are not read.
  std::size_t Learn(const exporter::CollectContext& context, RedisSession& session);
  // Whether the whole hash may be read at a time.
  bool IsLight(const exporter::CollectContext& context, RedisSession& session) const;
  Weighed Weigh(const exporter::CollectContext& context, RedisSession& session,
                const std::vector<std::string>& tags);

  void LogMany(double unacked);

  std::string key_;
  std::string collector_;
  std::optional<exporter::SteadyTime> many_logged_;
  UnackedMessages known_;
  RedisRest rest_;
  std::optional<exporter::CollectError> failure_;  // That the rest is for.
};

}  // namespace collectors
