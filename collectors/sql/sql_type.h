#pragma once

#include <memory>

#include "exporter/config/yaml_reader.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/job_settings.h"

namespace collectors {

extern const exporter::CollectorType kSqlType;

// Notes what is wrong with the keys in `options`, and returns null then.
std::unique_ptr<exporter::Collector> MakeSqlCollector(exporter::YamlReader& options,
                                                      const exporter::JobSettings& settings);

}  // namespace collectors
