#pragma once

#include <memory>

#include "exporter/config/yaml_reader.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/job_settings.h"

namespace collectors {

extern const exporter::CollectorType kSqlType;

// Returns null and reports to the reader if `options` are wrong.
std::unique_ptr<exporter::Collector> MakeSqlCollector(exporter::YamlReader& options,
                                                      const exporter::JobSettings& settings);

}  // namespace collectors
