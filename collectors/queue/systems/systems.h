#pragma once

#include "collectors/queue/systems/queue_system.h"

// The systems, each in the file of its name, which documents its keys.
namespace collectors {

extern const QueueSystem kArqQueues;
extern const QueueSystem kBullMqQueues;
extern const QueueSystem kBullQueues;
extern const QueueSystem kDramatiqQueues;
extern const QueueSystem kHueyQueues;
extern const QueueSystem kRedisListQueues;
extern const QueueSystem kRedisStreamQueues;
extern const QueueSystem kRedisZsetQueues;
extern const QueueSystem kRqQueues;
extern const QueueSystem kSidekiqQueues;

}  // namespace collectors
