#pragma once

#include "exporter/collector.h"

namespace collectors {

// How much work waits in queues that live in one Redis, whatever the system
// that keeps them there. All queues are asked about in one pipeline; one that
// fails costs itself alone.
extern const exporter::CollectorType kQueueType;

}  // namespace collectors
