#pragma once

#include <string>

#include "collectors/parts/query_part.h"
#include "exporter/config/yaml_reader.h"

namespace collectors {

// Reads an entry of a query's `metrics`. Reports mistakes to the reader.
QueryMetric ReadMetric(exporter::YamlReader& reader);

// Reads the major versions of PostgreSQL from `since` to `until`, inclusive.
VersionRange ReadVersions(exporter::YamlReader& reader);

// Reads the metric name under `key`. Reports an invalid name to the reader.
std::string ReadMetricName(exporter::YamlReader& reader, const std::string& key);

// Reads the label columns under `key`, and constant_labels.
void ReadLabels(exporter::YamlReader& reader, const std::string& key, SqlMetric& metric);

}  // namespace collectors
