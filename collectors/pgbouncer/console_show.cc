#include "collectors/pgbouncer/console_show.h"

#include <prometheus/metric_type.h>

#include "collectors/pgbouncer/client_groups.h"
#include "collectors/series/row_cells.h"
#include "collectors/series/shown_table.h"

namespace collectors {
namespace {

using exporter::Reading;

constexpr auto kCounter = prometheus::MetricType::Counter;
constexpr double kMicroseconds = 1e-6;

void AddVersion(const Rows& rows, Reading& reading) {
  const std::size_t version = NeededColumn(rows, "version");
  auto& family = reading.families.Gauge("pgbouncer_version_info",
                                        "Always 1; the label tells PgBouncer's version.");
  for (const auto& cells : rows.cells) family.Add({{"version", LabelValue(cells[version])}}, 1);
}

constexpr ShownMetric kLists[] = {
    {"databases", "pgbouncer_databases", "Databases that PgBouncer knows, the console included."},
    {"users", "pgbouncer_users", "Users that PgBouncer knows."},
    {"pools", "pgbouncer_pools", "Pools, one for each pair of database and user."},
    {"free_clients", "pgbouncer_free_clients",
     "Places for clients that are allocated and not in use."},
    {"used_clients", "pgbouncer_used_clients", "Clients that are connected."},
    {"login_clients", "pgbouncer_login_clients", "Clients that are logging in."},
    {"free_servers", "pgbouncer_free_servers",
     "Places for server connections that are allocated and not in use."},
    {"used_servers", "pgbouncer_used_servers", "Server connections that are open."},
    {"dns_names", "pgbouncer_cached_dns_names", "DNS names in PgBouncer's cache."},
    {"dns_zones", "pgbouncer_cached_dns_zones", "DNS zones in PgBouncer's cache."},
    {"dns_queries", "pgbouncer_in_flight_dns_queries", "DNS queries that wait for an answer."},
};

constexpr ShownMetric kConfig[] = {
    {"max_client_conn", "pgbouncer_config_max_client_connections",
     "Clients that may connect (max_client_conn)."},
    {"max_user_connections", "pgbouncer_config_max_user_connections",
     "Server connections that a user may have (max_user_connections); 0 for no limit."},
};

constexpr std::string_view kDatabaseLabels[] = {"name",     "host",       "port",
                                                "database", "force_user", "pool_mode"};
constexpr ShownMetric kDatabases[] = {
    {"pool_size", "pgbouncer_databases_pool_size",
     "Server connections that a pool of the database may have."},
    {"min_pool_size", "pgbouncer_databases_min_pool_size",
     "Server connections that a pool of the database keeps at least."},
    // Renamed after 1.23; no version has both.
    {"reserve_pool", "pgbouncer_databases_reserve_pool",
     "Server connections that a pool of the database may have beyond its size."},
    {"reserve_pool_size", "pgbouncer_databases_reserve_pool",
     "Server connections that a pool of the database may have beyond its size."},
    {"max_connections", "pgbouncer_databases_max_connections",
     "Server connections that all pools of the database may have; 0 for no limit."},
    {"current_connections", "pgbouncer_databases_current_connections",
     "Server connections that all pools of the database have."},
    {"max_client_connections", "pgbouncer_databases_max_client_connections",
     "Clients that may connect to the database; 0 for no limit."},
    {"current_client_connections", "pgbouncer_databases_current_client_connections",
     "Clients that are connected to the database."},
    {"paused", "pgbouncer_databases_paused", "Whether the database is paused (1) or not (0)."},
    {"disabled", "pgbouncer_databases_disabled",
     "Whether the database is disabled (1) or not (0)."},
};

constexpr std::string_view kPoolLabels[] = {"database", "user"};
constexpr ShownMetric kPools[] = {
    {"cl_active", "pgbouncer_pools_client_active_connections",
     "Clients that have a server connection, or wait for none."},
    {"cl_waiting", "pgbouncer_pools_client_waiting_connections",
     "Clients that wait for a server connection."},
    {"cl_active_cancel_req", "pgbouncer_pools_client_active_cancel_connections",
     "Clients whose cancel request is with the server."},
    {"cl_waiting_cancel_req", "pgbouncer_pools_client_waiting_cancel_connections",
     "Clients whose cancel request is not with the server yet."},
    {"sv_active", "pgbouncer_pools_server_active_connections",
     "Server connections that a client has."},
    {"sv_active_cancel", "pgbouncer_pools_server_active_cancel_connections",
     "Server connections that carry a cancel request."},
    {"sv_being_canceled", "pgbouncer_pools_server_being_canceled_connections",
     "Server connections that wait for the cancel requests for them to end."},
    {"sv_idle", "pgbouncer_pools_server_idle_connections",
     "Server connections that are free to use."},
    {"sv_used", "pgbouncer_pools_server_used_connections",
     "Server connections that are free, but to be checked before use."},
    {"sv_tested", "pgbouncer_pools_server_testing_connections",
     "Server connections that are being reset or checked."},
    {"sv_login", "pgbouncer_pools_server_login_connections",
     "Server connections that are logging in."},
    {"maxwait", "pgbouncer_pools_client_maxwait_seconds",
     "Whole seconds that the longest waiting client has waited."},
};

constexpr std::string_view kStatsLabels[] = {"database"};
constexpr ShownMetric kStats[] = {
    {"xact_count", "pgbouncer_stats_totals_sql_transactions_pooled_total",
     "Transactions that were pooled.", kCounter},
    {"query_count", "pgbouncer_stats_totals_queries_pooled_total", "Queries that were pooled.",
     kCounter},
    {"server_assignment_count", "pgbouncer_stats_totals_server_assignments_total",
     "Times that a client got a server connection.", kCounter},
    {"bytes_received", "pgbouncer_stats_totals_received_bytes_total",
     "Bytes that PgBouncer received.", kCounter},
    {"bytes_sent", "pgbouncer_stats_totals_sent_bytes_total", "Bytes that PgBouncer sent.",
     kCounter},
    {"xact_time", "pgbouncer_stats_totals_server_in_transaction_seconds_total",
     "Seconds of server connections in a transaction, idle in it or not.", kCounter, kMicroseconds},
    {"query_time", "pgbouncer_stats_totals_queries_duration_seconds_total",
     "Seconds of server connections that ran a query.", kCounter, kMicroseconds},
    {"wait_time", "pgbouncer_stats_totals_client_wait_seconds_total",
     "Seconds that clients waited for a server connection.", kCounter, kMicroseconds},
    {"client_parse_count", "pgbouncer_stats_totals_client_parses_total",
     "Statements that clients prepared.", kCounter},
    {"server_parse_count", "pgbouncer_stats_totals_server_parses_total",
     "Statements that PgBouncer prepared on servers.", kCounter},
    {"bind_count", "pgbouncer_stats_totals_binds_total",
     "Prepared statements that were bound for execution.", kCounter},
};

constexpr ConsoleShow kShows[] = {
    {"VERSION", "version", AddVersion},
    {"LISTS", "lists",
     [](const Rows& rows, Reading& reading) {
       AddList({"list", "items", kLists}, rows, reading);
     }},
    {"CONFIG", "config",
     [](const Rows& rows, Reading& reading) {
       AddList({"key", "value", kConfig}, rows, reading);
     }},
    {"DATABASES", "databases",
     [](const Rows& rows, Reading& reading) {
       AddTable({kDatabaseLabels, 1, kDatabases}, rows, reading);
     }},
    {"POOLS", "pools",
     [](const Rows& rows, Reading& reading) {
       AddTable({kPoolLabels, 2, kPools}, rows, reading);
     }},
    {"STATS_TOTALS", "stats",
     [](const Rows& rows, Reading& reading) {
       AddTable({kStatsLabels, 1, kStats}, rows, reading);
     }},
    {"CLIENTS", "clients", AddClientGroups},
};

}  // namespace

std::span<const ConsoleShow> ConsoleShows() { return kShows; }

}  // namespace collectors
