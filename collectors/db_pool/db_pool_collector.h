#pragma once

#include <memory>

#include "exporter/config/yaml_reader.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/job_settings.h"

namespace collectors {

extern const exporter::CollectorType kDbPoolType;

// Makes a collector of the application's connection pools, as the database's list of sessions shows
// them; the pools themselves are not asked. If the DSN leads to PgBouncer's console (its database
// is "pgbouncer"), collects that PgBouncer's pools. A DSN in a file that does not exist yet counts
// as PostgreSQL's.
std::unique_ptr<exporter::Collector> MakeDbPoolCollector(exporter::YamlReader& options,
                                                         const exporter::JobSettings& settings);

}  // namespace collectors
