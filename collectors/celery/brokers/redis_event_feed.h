#pragma once

#include <cstddef>
#include <deque>
#include <string_view>
#include <unordered_map>

#include "collectors/celery/brokers/event_feed.h"
#include "collectors/celery/brokers/redis_names.h"
#include "collectors/clients/redis/redis_subscription.h"

namespace collectors {

// Recognizes a message that comes on two channels: kombu's sentinel_fanout_compat sends each
// message on the channel of kombu 5.4 and on the earlier one. Remembers the last thousand messages.
// One thread at a time.
class TwinMessages {
 public:
  // Notes the message. Returns true if it has come before on another channel.
  bool IsTwin(std::string_view channel, std::string_view payload);

 private:
  std::unordered_map<std::size_t, std::size_t> channels_;  // By message; both are hashes.
  std::deque<std::size_t> order_;
};

// Events as kombu's Redis transport publishes them. Only listens, to those of the patterns that its
// user may PSUBSCRIBE to. Throws kPermission if none of them is allowed.
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
  TwinMessages twins_;
};

}  // namespace collectors
