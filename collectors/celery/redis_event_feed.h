#pragma once

#include "collectors/celery/event_feed.h"
#include "collectors/celery/redis_names.h"
#include "collectors/clients/redis_subscription.h"

namespace collectors {

// Events as kombu's Redis transport publishes them. Only listens: whoever may
// PSUBSCRIBE to one of the four patterns hears what comes on it; kPermission where
// none is allowed.
class RedisEventFeed : public EventFeed {
 public:
  RedisEventFeed(RedisTarget target, RedisNames names, RedisPatience patience = {})
      : subscription_(std::move(target), patience), names_(std::move(names)) {}

  void Open(const exporter::CollectContext& context) override;
  void Read(const exporter::CollectContext& context, const Take& take) override;
  exporter::SteadyTime caught_up() const override { return subscription_.caught_up(); }
  Wrapping wrapping() const override { return Wrapping::kEnvelope; }

 private:
  RedisSubscription subscription_;
  RedisNames names_;
};

}  // namespace collectors
