#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "collectors/queue/queue_discovery.h"
#include "collectors/queue/systems/queue_system.h"
#include "exporter/config/yaml_reader.h"

namespace collectors {

// A queue from the configuration.
struct NamedQueue {
  const QueueSystem* system;
  QueueTarget target;
};

// Which queues a collector shows.
struct QueueOptions {
  std::vector<NamedQueue> queues;
  std::vector<QueueRealm> discover;
  std::chrono::milliseconds discovery_interval;
};

// Reads queues, discover and discovery_interval. Adds mistakes to the problems of `options`. Pure
// apart from that.
QueueOptions ReadQueueOptions(exporter::YamlReader& options);

// Help for these keys.
inline constexpr std::string_view kQueueKeys =
    "\nqueues    a list of {name, system, key, group, prefix}; system is redis_list, redis_zset, "
    "redis_stream, rq, sidekiq, bullmq, bull, dramatiq, arq or huey; key, the queue's name in its "
    "system, defaults to the name; group is a stream's (without it, each of its groups is shown as "
    "name/group); prefix is that of the system's keys"
    "\ndiscover  systems whose queues are looked up: a list of names, or of {system, prefix}"
    "\ndiscovery_interval  how often; 60s";

}  // namespace collectors
