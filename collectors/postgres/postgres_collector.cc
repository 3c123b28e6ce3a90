#include "collectors/postgres/postgres_collector.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collectors/databases/database_rules.h"
#include "collectors/databases/database_tour.h"
#include "collectors/parts/database_label.h"
#include "collectors/parts/named_part.h"
#include "collectors/parts/query_part.h"
#include "collectors/parts/sql_collector.h"
#include "collectors/postgres/code_parts.h"
#include "collectors/postgres/postgres_preset.h"
#include "collectors/postgres/preset.h"
#include "collectors/postgres/privilege_part.h"

namespace collectors {
namespace {

using exporter::YamlReader;

std::unique_ptr<NamedPart> Runnable(PresetPart part) {
  std::vector<std::unique_ptr<SqlPart>> statements;
  for (SqlQuery& query : part.queries) {
    statements.push_back(std::make_unique<QueryPart>(std::move(query)));
  }
  return std::make_unique<NamedPart>(std::move(part.name), std::move(statements));
}

std::unique_ptr<NamedPart> Runnable(std::string_view name, std::unique_ptr<SqlPart> part) {
  std::vector<std::unique_ptr<SqlPart>> parts;
  parts.push_back(std::move(part));
  return std::make_unique<NamedPart>(std::string(name), std::move(parts));
}

// The parts that `parts` leaves on.
struct ChosenParts {
  std::vector<PresetPart> preset;
  std::vector<std::unique_ptr<SqlPart>> code;
};

// Applies `server_label`, which switches the label `server`.
ChosenParts ReadParts(YamlReader& options, const SqlDefaults& defaults) {
  const bool with_server = options.Bool("server_label", true);
  auto switches = options.Child("parts");
  const auto is_on = [&](std::string_view name, bool by_default) {
    return switches ? switches->Bool(std::string(name), by_default) : by_default;
  };
  ChosenParts chosen;
  for (PresetPart& part : ReadPreset(kPostgresPreset, defaults)) {
    if (!is_on(part.name, part.by_default)) continue;
    if (!with_server && !part.keeps_server_label) DropServerLabel(part.queries);
    chosen.preset.push_back(std::move(part));
  }
  const AnswerOptions answer{.rules = RulesOf(defaults)};
  for (const CodePart& part : CodeParts()) {
    auto made = part.make(options, answer, with_server);
    if (is_on(part.name, part.by_default)) {
      chosen.code.push_back(Runnable(part.name, std::move(made)));
    }
  }
  if (switches) switches->RejectUnknownKeys();
  return chosen;
}

// Makes the parts for one of several databases.
std::vector<std::unique_ptr<SqlPart>> PresetPartsIn(const std::string& database,
                                                    const std::vector<PresetPart>& parts,
                                                    std::chrono::milliseconds interval) {
  std::vector<std::unique_ptr<SqlPart>> made;
  for (PresetPart part : parts) {
    SetDatabase(part.queries, database, interval);
    made.push_back(Runnable(std::move(part)));
  }
  return made;
}

std::vector<std::unique_ptr<SqlPart>> MakeParts(ChosenParts chosen,
                                                std::optional<DatabaseRules> rules) {
  std::vector<std::unique_ptr<SqlPart>> parts;
  std::vector<PresetPart> of_databases;
  for (PresetPart& part : chosen.preset) {
    if (rules && part.scope == PartScope::kDatabase) {
      of_databases.push_back(std::move(part));
    } else {
      parts.push_back(Runnable(std::move(part)));
    }
  }
  std::ranges::move(chosen.code, std::back_inserter(parts));
  parts.push_back(std::make_unique<PrivilegePart>());
  if (!rules) return parts;
  const auto interval = rules->interval;
  parts.push_back(std::make_unique<DatabaseTour>(
      std::move(*rules), [of_databases, interval](const std::string& database) {
        return PresetPartsIn(database, of_databases, interval);
      }));
  return parts;
}

}  // namespace

std::unique_ptr<exporter::Collector> MakePostgresCollector(YamlReader& options,
                                                           const exporter::JobSettings& settings) {
  SqlSource source = ReadPostgresSource(options, settings, ReadSqlTarget(options, settings));
  auto chosen = ReadParts(options, {settings, {}, source.db_time});
  auto rules = ReadDatabaseRules(options, settings, StatementsOf::kPreset);
  if (source.session == nullptr) return nullptr;
  return std::make_unique<SqlCollector>(std::move(source),
                                        MakeParts(std::move(chosen), std::move(rules)), settings);
}

constexpr exporter::HealthFamily kHealth[] = {
    {"pg_up", exporter::HealthValue::kUp, "Whether the last collection reached PostgreSQL."},
    {"pg_exporter_last_scrape_error", exporter::HealthValue::kFailed,
     "Whether the last collection failed (1) or not (0)."},
    {"pg_exporter_last_scrape_duration_seconds", exporter::HealthValue::kDuration,
     "Seconds that the last collection took."},
    {"pg_exporter_scrapes_total", exporter::HealthValue::kCollections, "Collections that ended."},
};

const exporter::CollectorType kPostgresType = {
    .name = "postgres",
    .summary = "A PostgreSQL server's health, under the names of postgres_exporter.",
    .keys =
        R"(dsn           postgresql://user:password@host/database; dsn_file for a file that holds it
keep_connected  false: a connection for each run, so that between runs none keeps the database
              from being dropped, renamed or copied (default true)
max_db_time   share of one core that the collector may take of the database (default 5%)
parts         what is read, each true or false: database, locks, replication,
              replication_slot, replication_slots, roles, sessions, settings, stat_activity,
              stat_archiver, stat_bgwriter, stat_database, stat_database_conflicts,
              stat_progress_vacuum, stat_replication, stat_user_tables, statio_user_tables,
              wal (true); buffercache_summary, database_wraparound,
              long_running_transactions, postmaster, process_idle,
              stat_activity_autovacuum, stat_checkpointer, stat_statements,
              stat_wal_receiver, statio_user_indexes, xlog_location (false)
stat_statements  {limit, exclude_databases, exclude_users}: how many statements the part
              shows (100), and of whom none
sessions_limit  most series of pg_sessions; the rest are summed under other (default 50)
server_label  false: no label server, which postgres_exporter up to 0.19 has on
              pg_settings_*, pg_stat_activity_*, pg_stat_archiver_*,
              pg_stat_replication_* and pg_replication_slots_* (default true)
databases     {include, exclude, max, interval}: the parts stat_user_tables,
              statio_user_tables and statio_user_indexes see each database of the server,
              one after another over one connection more; without it the DSN's alone.
              include and exclude are RE2 patterns for the whole name (all, none), max
              databases (20) are visited every interval (5m))",
    .metrics = R"(pg_up, pg_exporter_last_scrape_*, pg_exporter_scrapes_total
pg_database_*, pg_stat_database_*, pg_stat_database_conflicts_*
pg_stat_activity_*, pg_long_running_transactions*, pg_locks_count
pg_replication_*, pg_replication_slot_*, pg_replication_slots_*
pg_stat_replication_*, pg_stat_wal_receiver_*, pg_xlog_location_bytes
pg_stat_bgwriter_*, pg_stat_checkpointer_*, pg_stat_archiver_*, pg_wal_*
pg_stat_user_tables_*, pg_statio_user_tables_*, pg_statio_user_indexes_*
pg_stat_progress_vacuum_*, pg_stat_activity_autovacuum_timestamp_seconds
pg_roles_connection_limit, pg_postmaster_start_time_seconds
pg_buffercache_summary_*, pg_settings_*, pg_static, pg_process_idle_seconds
pg_sessions, pg_sessions_*, pg_connections_*, pg_stat_statements_*
pg_scrape_collector_duration_seconds, pg_scrape_collector_success)",
    .health = kHealth,
    .make = MakePostgresCollector,
};

}  // namespace collectors
