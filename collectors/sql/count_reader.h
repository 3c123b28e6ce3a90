#pragma once

#include <vector>

#include "collectors/parts/query_reader.h"
#include "collectors/sql/counts/count_statement.h"
#include "exporter/config/yaml_reader.h"

namespace collectors {

// `count_mode`: how counts that do not say it come by their values.
CountMode ReadCountMode(exporter::YamlReader& options);

// The list `counts`; `mode` is that of counts that do not name one. Notes what is wrong in the
// readers.
std::vector<SqlCount> ReadCounts(exporter::YamlReader& options, const SqlDefaults& defaults,
                                 CountMode mode);

}  // namespace collectors
