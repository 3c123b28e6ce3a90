#pragma once

#include <memory>

#include "collectors/parts/metered_session.h"
#include "collectors/series/db_time.h"
#include "exporter/config/yaml_reader.h"
#include "exporter/seam/job_settings.h"

namespace collectors {

// Where a collector asks its statements, and what they may cost there.
struct SqlSource {
  std::unique_ptr<MeteredSession> session;
  std::shared_ptr<DbTime> db_time;  // Never null.
};

// The keys dsn (or dsn_file) and keep_connected. Notes in the reader where the DSN is missing.
SqlTarget ReadSqlTarget(exporter::YamlReader& options, const exporter::JobSettings& settings);

// The session of a target, and the key max_db_time. Notes what is wrong with
// either in the reader; where it is the target, the session is null.
SqlSource ReadSqlSource(exporter::YamlReader& options, const exporter::JobSettings& settings,
                        SqlTarget target);

// The same for a collector that only PostgreSQL can serve.
SqlSource ReadPostgresSource(exporter::YamlReader& options, const exporter::JobSettings& settings,
                             SqlTarget target);

}  // namespace collectors
