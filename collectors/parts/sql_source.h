#pragma once

#include <memory>

#include "collectors/parts/metered_session.h"
#include "collectors/series/db_time.h"
#include "exporter/config/yaml_reader.h"
#include "exporter/seam/job_settings.h"

namespace collectors {

// Where a collector runs its statements, and how much they may cost there.
struct SqlSource {
  std::unique_ptr<MeteredSession> session;
  std::shared_ptr<DbTime> db_time;  // Never null.
};

// Reads dsn (or dsn_file) and keep_connected. Reports a missing DSN to the reader.
SqlTarget ReadSqlTarget(exporter::YamlReader& options, const exporter::JobSettings& settings);

// Makes the session of a target, and reads max_db_time. Reports mistakes in either to the reader.
// If the target is wrong, the session is null.
SqlSource ReadSqlSource(exporter::YamlReader& options, const exporter::JobSettings& settings,
                        SqlTarget target);

// As ReadSqlSource, for a collector that needs PostgreSQL.
SqlSource ReadPostgresSource(exporter::YamlReader& options, const exporter::JobSettings& settings,
                             SqlTarget target);

}  // namespace collectors
