#pragma once

#include <vector>

#include "collectors/sql/count_statement.h"
#include "collectors/sql/query_reader.h"
#include "exporter/yaml_reader.h"

namespace collectors {

// `count_mode`: how counts that do not say it come by their values.
CountMode ReadCountMode(exporter::YamlReader& options);

// The list `counts`; `mode` is that of counts that do not name one. Notes what is wrong in the
// readers.
std::vector<SqlCount> ReadCounts(exporter::YamlReader& options, const SqlDefaults& defaults,
                                 CountMode mode);

}  // namespace collectors
