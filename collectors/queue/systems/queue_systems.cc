#include "collectors/queue/systems/queue_systems.h"

#include "collectors/queue/systems/systems.h"

namespace collectors {

std::span<const QueueSystem> QueueSystems() {
  static const QueueSystem systems[] = {
      kRedisListQueues, kRedisZsetQueues, kRedisStreamQueues, kRqQueues,  kSidekiqQueues,
      kBullMqQueues,    kBullQueues,      kDramatiqQueues,    kArqQueues, kHueyQueues,
  };
  return systems;
}

}  // namespace collectors
