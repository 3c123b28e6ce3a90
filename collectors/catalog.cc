#include "collectors/catalog.h"

#include "collectors/celery/celery_type.h"
#include "collectors/db_pool/db_pool_collector.h"
#include "collectors/pgbouncer/pgbouncer_collector.h"
#include "collectors/postgres/postgres_collector.h"
#include "collectors/queue/queue_collector.h"
#include "collectors/redis/redis_collector.h"
#include "collectors/sql/sql_type.h"

namespace collectors {

std::span<const exporter::CollectorType> Catalog() {
  static const exporter::CollectorType types[] = {
      kCeleryType, kDbPoolType, kPgBouncerType, kPostgresType, kQueueType, kRedisType, kSqlType};
  return types;
}

}  // namespace collectors
