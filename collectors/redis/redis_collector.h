#pragma once

#include "exporter/collector.h"

namespace collectors {

// One Redis server by its INFO, under the names of oliver006/redis_exporter:
// memory, clients, commands, keyspace, persistence, replication. Asks INFO and
// the number of databases in one pipeline.
extern const exporter::CollectorType kRedisType;

}  // namespace collectors
