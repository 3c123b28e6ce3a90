#pragma once

#include <vector>

#include "collectors/clients/sql/rows.h"
#include "collectors/db_pool/pool.h"
#include "exporter/seam/collector.h"

namespace collectors {

// What PgBouncer's console answers to the SHOW of these names.
struct BouncerAnswers {
  Rows pools;
  Rows databases;
  Rows users;
};

// The names of the metrics that AddBouncerPools may add.
std::vector<const char*> BouncerPoolMetrics();

// The metrics of each configured pool, summed over those of PgBouncer's pools
// whose database and user match its patterns; all zeros where none does, since
// PgBouncer makes a pool when its first client comes. A size is that of the pools
// that there are: the pool_size of the user (1.23), else of the database; no
// sample where one of them has no limit (0), or PgBouncer told no size of it.
// The console itself is no pool. Throws CollectError kProtocol where an answer
// is not as it should be.
void AddBouncerPools(const BouncerAnswers& answers, const std::vector<Pool>& pools,
                     exporter::FamilySet& families);

}  // namespace collectors
