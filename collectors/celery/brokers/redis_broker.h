#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "collectors/celery/brokers/broker.h"
#include "collectors/celery/brokers/redis_bindings.h"
#include "collectors/celery/brokers/redis_control.h"
#include "collectors/celery/brokers/redis_heads.h"
#include "collectors/celery/brokers/redis_names.h"
#include "collectors/celery/brokers/redis_unacked.h"
#include "collectors/clients/redis/sturdy_session.h"

namespace collectors {

struct RedisBrokerOptions {
  std::string collector = {};  // Its name, for the log.
  RedisNames names = {};
  std::chrono::milliseconds visibility_timeout = std::chrono::hours(1);
};

// Celery's broker on a Redis (kombu/transport/redis.py). Reads all lengths in one pipeline; then
// the heads of the lists that hold messages, and new messages of `unacked`, in portions that do not
// hold up other clients for long. Commands: LLEN, HLEN, ZRANGE, ZCOUNT; for the others see
// RedisHeads, RedisUnacked, RedisBindings, RedisControl.
class RedisBroker : public CeleryBroker {
 public:
  RedisBroker(RedisTarget target, const RedisBrokerOptions& options);

  BrokerReading Read(const exporter::CollectContext& context,
                     const std::vector<std::string>& queues) override;
  bool TellsScheduled() const override { return true; }
  std::vector<std::string> FindQueues(const exporter::CollectContext& context) override;
  std::vector<ControlReply> Call(const exporter::CollectContext& context, const ControlCall& call,
                                 std::chrono::milliseconds window) override;
  std::optional<ControlTakers> Takers(const exporter::CollectContext& context) override;

 private:
  RedisBrokerOptions options_;
  RedisSession session_;
  SturdySession sturdy_;
  RedisBindings bindings_;
  RedisControl control_;
  RedisHeads heads_;
  RedisUnacked unacked_;
};

}  // namespace collectors
