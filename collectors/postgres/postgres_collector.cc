#include "collectors/postgres/postgres_collector.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "collectors/clients/sql_session.h"
#include "collectors/postgres/postgres_preset.h"
#include "collectors/postgres/privilege_part.h"
#include "collectors/sql/query_part.h"
#include "collectors/sql/sql_collector.h"
#include "collectors/sql/sql_reader.h"

namespace collectors {
namespace {

std::vector<std::unique_ptr<SqlPart>> PresetParts(const exporter::JobSettings& settings,
                                                  const SqlSource& source) {
  std::vector<exporter::ConfigProblem> problems;
  // Nothing in it comes from the environment.
  exporter::YamlReader reader(YAML::Load(std::string(kPostgresPreset)), problems,
                              exporter::Environment());
  std::vector<std::unique_ptr<SqlPart>> parts;
  for (SqlQuery& query : ReadQueries(reader, {settings, {}, source.db_time})) {
    parts.push_back(std::make_unique<QueryPart>(std::move(query)));
  }
  if (!problems.empty()) throw std::logic_error("postgres.yaml: " + problems[0].message);
  parts.push_back(std::make_unique<PrivilegePart>());
  return parts;
}

}  // namespace

std::unique_ptr<exporter::Collector> MakePostgresCollector(exporter::YamlReader& options,
                                                           const exporter::JobSettings& settings) {
  SqlSource source = ReadPostgresSource(options, settings);
  if (source.session == nullptr) return nullptr;
  auto parts = PresetParts(settings, source);
  return std::make_unique<SqlCollector>(std::move(source), std::move(parts), settings);
}

constexpr exporter::HealthFamily kHealth[] = {
    {"pg_up", exporter::HealthValue::kUp, "Whether the last collection reached PostgreSQL."},
};

const exporter::CollectorType kPostgresType = {
    .name = "postgres",
    .summary = "A PostgreSQL server's health, under the names of postgres_exporter.",
    .keys =
        R"(dsn          postgresql://user:password@host/database; dsn_file for a file that holds it
max_db_time  share of one core that the collector may take of the database (default 5%))",
    .metrics = R"(pg_up
pg_stat_database_*
pg_stat_database_conflicts_*
pg_stat_activity_count
pg_stat_activity_max_tx_duration
pg_locks_count
pg_database_size_bytes)",
    .health = kHealth,
    .make = MakePostgresCollector,
};

}  // namespace collectors
