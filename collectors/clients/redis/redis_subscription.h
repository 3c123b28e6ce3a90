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

// The channels to subscribe to. A pattern is a glob for PSUBSCRIBE.
struct RedisChannels {
  std::vector<std::string> channels = {};
  std::vector<std::string> patterns = {};
};

// The intervals at which a subscriber checks its connection.
struct RedisPatience {
  std::chrono::milliseconds silence{10000};    // After it, a PING is sent.
  std::chrono::milliseconds answer{10000};     // The longest wait for input after that PING.
  std::chrono::milliseconds sentinels{10000};  // Between two questions for the master.
  // Between two PINGs that measure how far we have read; see caught_up().
  std::chrono::milliseconds probe{1000};
};

// A connection to one Redis, or to the master that sentinels name, which receives published
// messages. RESP2: a subscriber may send little more than PING
// (https://redis.io/docs/latest/develop/interact/pubsub/). Messages published while there is no
// connection are lost. A message has at most 16 MiB. Throws CollectError and then is closed. One
// thread at a time.
class RedisSubscription {
 public:
  using Take = std::function<void(std::string_view channel, std::string_view payload)>;

  explicit RedisSubscription(RedisTarget target, RedisPatience patience = {});

  // Closes the present connection, if any, and opens a new one.
  void Open(const exporter::CollectContext& context);
  // The number of the URL's database. Needs an open connection.
  int database() const { return connection_->endpoint().database; }
  // Subscribes to each channel and pattern separately and leaves out those that are refused. Throws
  // the first refusal if all are refused. Drops messages that arrive before the last confirmation.
  void Subscribe(const exporter::CollectContext& context, const RedisChannels& wanted);
  // Passes messages to `take` until context.deadline; after the deadline still one, if one is
  // there. Returns normally if there are none. Throws kTimeout if the server stops answering,
  // kConnect if the connection breaks or the sentinels name another master.
  void Read(const exporter::CollectContext& context, const Take& take);
  // Every message published from the last Subscribe() up to this time has been read: a PING sent at
  // this time has been answered.
  exporter::SteadyTime caught_up() const { return caught_up_; }

 private:
  // Read() passes a connection that it has moved out of connection_, so that an exception closes
  // it.
  void ReadFrom(RedisConnection& connection, const exporter::CollectContext& context,
                const Take& take);
  void Accept(const RedisReply& said, const Take& take);
  void ExpectLife(RedisConnection& connection, const exporter::CollectContext& context);
  void Probe(RedisConnection& connection, const exporter::CollectContext& context,
             bool has_heard_all);
  void FollowMaster(RedisConnection& connection, const exporter::CollectContext& context);
  // The time at which to send a PING after silence, or to give up waiting for input after it.
  exporter::SteadyTime NextStep() const;

  RedisDialer dialer_;
  RedisPatience patience_;
  std::unique_ptr<RedisConnection> connection_;  // Null when not connected.
  exporter::SteadyTime heard_;                   // When the last complete reply arrived.
  exporter::SteadyTime caught_up_ = {};
  std::optional<exporter::SteadyTime> probe_;  // When the unanswered probing PING was sent.
  std::optional<exporter::SteadyTime> asked_;  // When silence led to a PING; reset by any input.
  exporter::SteadyTime followed_;              // When the sentinels were last asked.
};

}  // namespace collectors
