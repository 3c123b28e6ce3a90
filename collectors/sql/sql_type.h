#pragma once

#include <memory>

#include "exporter/collector.h"
#include "exporter/job_settings.h"
#include "exporter/yaml_reader.h"

namespace collectors {

extern const exporter::CollectorType kSqlType;

// Notes what is wrong with the keys in `options`, and returns null then.
std::unique_ptr<exporter::Collector> MakeSqlCollector(exporter::YamlReader& options,
                                                      const exporter::JobSettings& settings);

}  // namespace collectors
