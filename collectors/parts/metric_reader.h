#pragma once

#include <string>

#include "collectors/parts/query_part.h"
#include "exporter/config/yaml_reader.h"

namespace collectors {

// One entry of a query's `metrics`. Notes what is wrong in the reader.
QueryMetric ReadMetric(exporter::YamlReader& reader);

// The major versions of PostgreSQL from `since` to `until`, both among them.
VersionRange ReadVersions(exporter::YamlReader& reader);

// The name under `key`; it is noted where it cannot be a metric's.
std::string ReadMetricName(exporter::YamlReader& reader, const std::string& key);

// The label columns under `key`, and constant_labels.
void ReadLabels(exporter::YamlReader& reader, const std::string& key, SqlMetric& metric);

}  // namespace collectors
