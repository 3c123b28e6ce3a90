#include "collectors/db_pool/pool.h"

#include <fmt/format.h>

#include <algorithm>

#include "collectors/series/row_cells.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

// A session of another role shows neither its state nor its address unless our role is in
// pg_read_all_stats. If track_activities is off, its state is "disabled".
constexpr const char* kSelect =
    "SELECT wanted.pool,"
    " count(*) FILTER (WHERE session.hidden) AS hidden,"
    " count(*) FILTER (WHERE session.state <> 'idle') AS checked_out,"
    " count(*) FILTER (WHERE session.state = 'idle') AS idle,"
    " count(*) FILTER (WHERE session.state LIKE 'idle in transaction%') AS idle_in_transaction,"
    " count(*) FILTER (WHERE session.wait_event_type = 'Lock') AS lock_waiting,"
    " greatest(coalesce(max(extract(epoch FROM clock_timestamp() - session.xact_start)), 0), 0)"
    " AS oldest_transaction,"
    " count(DISTINCT (session.application_name, session.client_addr))"
    " FILTER (WHERE session.pid IS NOT NULL) AS processes,"
    " current_user AS role FROM (VALUES ";
constexpr const char* kFrom =
    ") AS wanted (pool, application_name, role, database, client_addr) LEFT JOIN ("
    "SELECT *, coalesce(state = 'disabled', query = '<insufficient privilege>') AS hidden"
    " FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datid IS NOT NULL"
    " AND coalesce(backend_type, 'client backend') = 'client backend'"
    " AND application_name NOT LIKE 'exporter/%') AS session"
    " ON session.application_name LIKE wanted.application_name"
    " AND session.usename LIKE wanted.role AND session.datname LIKE wanted.database"
    " AND CASE WHEN wanted.client_addr = '' OR session.hidden THEN true"
    " WHEN wanted.client_addr = 'self'"
    " THEN session.client_addr IS NOT DISTINCT FROM inet_client_addr()"
    " ELSE session.client_addr <<= wanted.client_addr::inet END"
    " GROUP BY wanted.pool";

// Returns the number in a row's column; 0 if there is none.
double NumberIn(const Rows& rows, const std::vector<std::optional<std::string>>& cells,
                std::string_view column) {
  const auto index = FindColumn(rows, column);
  if (!index || !cells[*index]) return 0;
  return ParseSqlNumber(*cells[*index]).value_or(0);
}

std::string TextIn(const Rows& rows, const std::vector<std::optional<std::string>>& cells,
                   std::string_view column) {
  const auto index = FindColumn(rows, column);
  return index ? cells[*index].value_or("") : "";
}

}  // namespace

const std::vector<PoolMetric>& PoolStateMetrics() {
  static const std::vector<PoolMetric> metrics = {
      {"db_pool_checked_out", "checked_out",
       "Connections of the pool that are not idle; the application holds at least these."},
      {"db_pool_idle", "idle", "Connections of the pool that are idle."},
      {"db_pool_idle_in_transaction", "idle_in_transaction",
       "Connections of the pool that are idle in a transaction, an aborted one included."},
      {"db_pool_lock_waiting", "lock_waiting", "Connections of the pool that wait for a lock."},
      {"db_pool_oldest_transaction_seconds", "oldest_transaction",
       "Age of the pool's oldest open transaction; 0 where none is open."},
  };
  return metrics;
}

SqlStatement PoolStatement(const std::vector<Pool>& pools) {
  SqlStatement statement;
  statement.text = kSelect;
  for (const Pool& pool : pools) {
    const std::size_t last = statement.parameters.size();
    statement.text +=
        fmt::format("{}(${}::text, ${}::text, ${}::text, ${}::text, ${}::text)",
                    last == 0 ? "" : ", ", last + 1, last + 2, last + 3, last + 4, last + 5);
    for (const std::string* parameter :
         {&pool.name, &pool.application_name, &pool.user, &pool.database, &pool.client_addr}) {
      statement.parameters.push_back(*parameter);
    }
  }
  statement.text += kFrom;
  return statement;
}

Rows WithoutHidden(const Rows& rows) {
  Rows shown{rows.columns, {}};
  std::ranges::copy_if(rows.cells, std::back_inserter(shown.cells),
                       [&](const auto& cells) { return NumberIn(rows, cells, "hidden") == 0; });
  return shown;
}

std::optional<CollectError> HiddenProblem(const Rows& rows) {
  std::string pools;
  std::string role;
  for (const auto& cells : rows.cells) {
    if (NumberIn(rows, cells, "hidden") == 0) continue;
    pools += (pools.empty() ? "" : ", ") + TextIn(rows, cells, "pool");
    role = TextIn(rows, cells, "role");
  }
  if (pools.empty()) return std::nullopt;
  return CollectError(
      ErrorKind::kPermission,
      fmt::format("role {} does not see the state of sessions of the pools {}: GRANT pg_monitor TO "
                  "{}; where it has that, track_activities is off",
                  role, pools, role),
      "states");
}

std::vector<Sample> SumOverProcesses(const Rows& rows, const std::vector<Pool>& pools,
                                     std::optional<double> Pool::*limit) {
  std::vector<Sample> samples;
  for (const auto& cells : rows.cells) {
    const auto pool = std::ranges::find(pools, TextIn(rows, cells, "pool"), &Pool::name);
    if (pool == pools.end() || !((*pool).*limit)) continue;
    const double processes = std::max(NumberIn(rows, cells, "processes"), 1.0);
    samples.push_back({{{"pool", pool->name}}, *((*pool).*limit) * processes});
  }
  return samples;
}

}  // namespace collectors
