#pragma once

#include <memory>

#include "collectors/sql/db_time.h"
#include "collectors/sql/metered_session.h"
#include "exporter/job.h"
#include "exporter/yaml_reader.h"

namespace collectors {

// Where a collector asks its statements, and what they may cost there.
struct SqlSource {
  std::unique_ptr<MeteredSession> session;
  std::shared_ptr<DbTime> db_time;  // Never null.
};

// The keys dsn (or dsn_file) and max_db_time. Notes what is wrong with them in
// the reader; then the session is null.
SqlSource ReadSqlSource(exporter::YamlReader& options, const exporter::JobSettings& settings);

// The same for a collector that only PostgreSQL can serve.
SqlSource ReadPostgresSource(exporter::YamlReader& options, const exporter::JobSettings& settings);

}  // namespace collectors
