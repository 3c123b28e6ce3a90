#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/clients/redis_session.h"

namespace collectors {

// A queue of the configuration.
struct QueueTarget {
  std::string name;
  std::string key;
  std::string group;  // Of a stream.
};

struct QueueDepth {
  std::string_view state;  // waiting, active or scheduled.
  double depth;
};

// What is known of one queue; what the system cannot tell is absent.
struct QueueState {
  std::vector<QueueDepth> depths;
  std::optional<double> oldest_age_seconds;
  std::optional<double> consumers;
  std::string missing;  // What should be there and is not, for the log; mostly empty.
};

// A way to keep a queue in Redis: what to ask about one, and what the answers
// mean. To add a system: write both functions, then a row in queue_system.cc.
struct QueueSystem {
  std::string_view name;
  bool has_group;
  std::vector<RedisCommand> (*commands)(const QueueTarget& target,
                                        std::chrono::system_clock::time_point now);
  // `replies` are as many as the commands, in their order. Throws CollectError
  // for an error among them (its kind) and for a wrong shape (kProtocol). Pure.
  QueueState (*read)(const QueueTarget& target, std::span<const RedisReply> replies,
                     std::chrono::system_clock::time_point now);
};

std::span<const QueueSystem> QueueSystems();

}  // namespace collectors
