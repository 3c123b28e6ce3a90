#pragma once

#include "exporter/seam/collector.h"

namespace collectors {

// A Redis or Valkey server, a replica, a sentinel or a whole cluster, under the
// names of oliver006/redis_exporter. Two round trips a run: INFO, then what fits
// the server that it tells of; keys, streams and key groups besides, where they are
// configured.
extern const exporter::CollectorType kRedisType;

}  // namespace collectors
