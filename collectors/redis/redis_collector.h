#pragma once

#include "exporter/seam/collector.h"

namespace collectors {

// Collects a Redis or Valkey server, a replica, a sentinel or a whole cluster, under the names of
// oliver006/redis_exporter. A run takes two round trips per server: INFO, then the parts that fit
// the server. Keys, streams and key groups take more, if they are configured.
extern const exporter::CollectorType kRedisType;

}  // namespace collectors
