#pragma once

#include "exporter/seam/collector.h"

namespace collectors {

// How much work waits in the queues of one Redis, whichever system keeps them there, or of one
// RabbitMQ (rabbitmq_queue_collector.h). A queue that fails does not affect the others.
extern const exporter::CollectorType kQueueType;

}  // namespace collectors
