#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/clients/redis/redis_dialer.h"
#include "collectors/clients/redis/redis_reply.h"
#include "collectors/clients/redis/redis_target.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// What to listen to. A pattern is a glob, as PSUBSCRIBE takes it.
struct RedisChannels {
  std::vector<std::string> channels = {};
  std::vector<std::string> patterns = {};
};

// When a connection that only listens is asked whether it is alive.
struct RedisPatience {
  std::chrono::milliseconds silence{10000};    // Then it is asked.
  std::chrono::milliseconds answer{10000};     // Without one it is given up.
  std::chrono::milliseconds sentinels{10000};  // From one question for the master to the next.
  // From one question how far we have heard, by a PING, to the next.
  std::chrono::milliseconds probe{1000};
};

// A connection to one Redis, or to the master that sentinels name, which hears
// what is published. RESP2: a subscriber may send little more than PING
// (https://redis.io/docs/latest/develop/interact/pubsub/). What is published
// while there is no connection is lost. A message is 16 MB at most. Throws
// CollectError, and is closed then. One thread at a time.
class RedisSubscription {
 public:
  using Take = std::function<void(std::string_view channel, std::string_view payload)>;

  explicit RedisSubscription(RedisTarget target, RedisPatience patience = {});

  // Leaves the connection that there may be, and connects.
  void Open(const exporter::CollectContext& context);
  // The number of the URL's database.
  int database() const { return connection_->endpoint().database; }
  // Subscribes to each on its own: those that are refused are left out. Throws the
  // first refusal where all are. Messages that come before the last answer are
  // dropped.
  void Subscribe(const exporter::CollectContext& context, const RedisChannels& wanted);
  // Hands over what comes until context.deadline, at least what is there; none is
  // no failure. Throws kTimeout where the server no longer answers, kConnect where
  // the connection broke or the sentinels name another master.
  void Read(const exporter::CollectContext& context, const Take& take);
  // All that was published by then, since the present connection or the last one
  // subscribed, has been heard: a PING sent at that moment was answered.
  exporter::SteadyTime caught_up() const { return caught_up_; }

 private:
  // A connection whose failure closes it: what ReadFrom() throws loses it.
  void ReadFrom(RedisConnection& connection, const exporter::CollectContext& context,
                const Take& take);
  void Accept(const RedisReply& said, const Take& take);
  void ExpectLife(RedisConnection& connection, const exporter::CollectContext& context);
  void Probe(RedisConnection& connection, const exporter::CollectContext& context,
             bool has_heard_all);
  void FollowMaster(RedisConnection& connection, const exporter::CollectContext& context);
  // When silence is to be broken, or will have lasted too long.
  exporter::SteadyTime NextStep() const;

  RedisDialer dialer_;
  RedisPatience patience_;
  std::unique_ptr<RedisConnection> connection_;  // Null when not connected.
  exporter::SteadyTime heard_;                   // Something whole, the last time.
  exporter::SteadyTime caught_up_ = {};
  std::optional<exporter::SteadyTime> probe_;  // A PING that no answer has followed.
  std::optional<exporter::SteadyTime> asked_;  // A PING that nothing has followed.
  exporter::SteadyTime followed_;              // The sentinels were asked.
};

}  // namespace collectors
