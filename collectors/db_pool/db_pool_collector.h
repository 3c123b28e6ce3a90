#pragma once

#include <memory>

#include "exporter/config/yaml_reader.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/job_settings.h"

namespace collectors {

extern const exporter::CollectorType kDbPoolType;

// The application's connection pools, as the database's session list shows
// them: what the pool itself thinks is not asked. Where the DSN leads to the
// console of a PgBouncer (its database is "pgbouncer"), that one's pools; a DSN
// in a file that is not there yet is taken for PostgreSQL's.
std::unique_ptr<exporter::Collector> MakeDbPoolCollector(exporter::YamlReader& options,
                                                         const exporter::JobSettings& settings);

}  // namespace collectors
