#pragma once

#include <vector>

#include "collectors/parts/query_reader.h"
#include "collectors/sql/counts/count_statement.h"
#include "exporter/config/yaml_reader.h"

namespace collectors {

// Reads `count_mode`, the mode of counts without `mode`.
CountMode ReadCountMode(exporter::YamlReader& options);

// Reads the list `counts`; `mode` is that of counts without one. Reports mistakes to the readers.
std::vector<SqlCount> ReadCounts(exporter::YamlReader& options, const SqlDefaults& defaults,
                                 CountMode mode);

}  // namespace collectors
