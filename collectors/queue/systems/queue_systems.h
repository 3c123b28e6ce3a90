#pragma once

#include <span>

#include "collectors/queue/systems/queue_system.h"

namespace collectors {

// All systems that keep queues in Redis.
std::span<const QueueSystem> QueueSystems();

}  // namespace collectors
