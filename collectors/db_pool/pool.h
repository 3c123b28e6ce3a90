#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collectors/clients/sql/rows.h"
#include "collectors/clients/sql/sql_session.h"
#include "collectors/series/row_mapping.h"
#include "exporter/seam/collector.h"

namespace collectors {

// An application's connection pool: the rules that select its sessions on the server.
struct Pool {
  std::string name;
  // LIKE patterns.
  std::string application_name = "%";
  std::string user = "%";
  std::string database = "%";
  std::string client_addr;             // "self", an address or a network; empty: any.
  std::optional<double> size;          // For the pool of one process.
  std::optional<double> max_overflow;  // For the pool of one process.
};

// A metric of a pool, and the column of PoolStatement() that holds it.
struct PoolMetric {
  const char* name;
  const char* column;
  const char* help;
};

// The metrics that count sessions by their state.
const std::vector<PoolMetric>& PoolStateMetrics();

// Returns one statement for all pools, with their patterns as parameters. Its answer has one row
// for each pool, also for a pool without sessions. The exporter's own sessions are left out.
SqlStatement PoolStatement(const std::vector<Pool>& pools);

// Returns the rows of the pools whose sessions all show their state. Sessions without a state would
// look idle.
Rows WithoutHidden(const Rows& rows);

// Returns a problem that names the pools with sessions that hide their state; nothing if all
// sessions show it.
std::optional<exporter::CollectError> HiddenProblem(const Rows& rows);

// Returns a configured limit of each pool that has it, summed over the pool's processes. Each
// application_name at a client's address counts as one process; a pool has at least one.
std::vector<Sample> SumOverProcesses(const Rows& rows, const std::vector<Pool>& pools,
                                     std::optional<double> Pool::*limit);

}  // namespace collectors
