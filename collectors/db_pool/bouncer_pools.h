#pragma once

#include <vector>

#include "collectors/clients/sql/rows.h"
#include "collectors/db_pool/pool.h"
#include "exporter/seam/collector.h"

namespace collectors {

// The answers of PgBouncer's console to the SHOW commands of these names.
struct BouncerAnswers {
  Rows pools;
  Rows databases;
  Rows users;
};

// Returns the names of the metrics that AddBouncerPools() may add.
std::vector<const char*> BouncerPoolMetrics();

// Adds the metrics of each configured pool, summed over those of PgBouncer's pools whose database
// and user match its patterns. If none matches, all are 0: PgBouncer creates a pool when its first
// client arrives. The size is that of the existing pools: each has the pool_size of its user (since
// 1.23), otherwise of its database. There is no sample if one of them has no limit (0) or if
// PgBouncer reports no size for it. The console's own pool is left out. Throws CollectError
// kProtocol if an answer is invalid.
void AddBouncerPools(const BouncerAnswers& answers, const std::vector<Pool>& pools,
                     exporter::FamilySet& families);

}  // namespace collectors
