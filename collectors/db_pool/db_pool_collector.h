#pragma once

#include <memory>

#include "exporter/collector.h"
#include "exporter/job.h"
#include "exporter/yaml_reader.h"

namespace collectors {

extern const exporter::CollectorType kDbPoolType;

// The application's connection pools, as the database's session list shows
// them: what the pool itself thinks is not asked.
std::unique_ptr<exporter::Collector> MakeDbPoolCollector(exporter::YamlReader& options,
                                                         const exporter::JobSettings& settings);

}  // namespace collectors
