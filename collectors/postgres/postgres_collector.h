#pragma once

#include <memory>

#include "exporter/config/yaml_reader.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/job_settings.h"

namespace collectors {

extern const exporter::CollectorType kPostgresType;

// Makes a collector of a server's health, under postgres_exporter's names: the parts of
// configs/presets/postgres.yaml, the code parts, and a check of the role's privileges.
std::unique_ptr<exporter::Collector> MakePostgresCollector(exporter::YamlReader& options,
                                                           const exporter::JobSettings& settings);

}  // namespace collectors
