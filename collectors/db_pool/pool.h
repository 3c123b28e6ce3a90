#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collectors/clients/sql/rows.h"
#include "collectors/clients/sql/sql_session.h"
#include "collectors/series/row_mapping.h"
#include "exporter/seam/collector.h"

namespace collectors {

// An application's connection pool, by which sessions of the server are its.
struct Pool {
  std::string name;
  // LIKE patterns.
  std::string application_name = "%";
  std::string user = "%";
  std::string database = "%";
  std::string client_addr;             // "self", an address or a network; empty for any.
  std::optional<double> size;          // Of one process's pool.
  std::optional<double> max_overflow;  // Likewise.
};

// A metric of a pool, and the column of PoolStatement that it is read from.
struct PoolMetric {
  const char* name;
  const char* column;
  const char* help;
};

// Counted from the states of sessions.
const std::vector<PoolMetric>& PoolStateMetrics();

// One statement for all pools, its patterns as parameters: a row a pool, also
// for one without a session. The exporter's own sessions are left out.
SqlStatement PoolStatement(const std::vector<Pool>& pools);

// The rows of those pools whose sessions all show their state; the others
// would look idle.
Rows WithoutHidden(const Rows& rows);

// What hides states, by pool; absent when nothing does.
std::optional<exporter::CollectError> HiddenProblem(const Rows& rows);

// A configured limit of each pool that has one, summed over its processes: an
// application_name at a client's address is one; at least one is taken to run.
std::vector<Sample> SumOverProcesses(const Rows& rows, const std::vector<Pool>& pools,
                                     std::optional<double> Pool::*limit);

}  // namespace collectors
