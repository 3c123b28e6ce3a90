#pragma once

#include "collectors/redis/streams/stream_part.h"
#include "exporter/config/yaml_reader.h"
#include "exporter/seam/job_settings.h"

namespace collectors {

// Reads a collector's `streams`: a list of {key or pattern, db}. `database` is the default for
// entries without `db`. Reports mistakes to the reader.
StreamPart ReadStreamOptions(exporter::YamlReader& options, const exporter::JobSettings& settings,
                             int database, bool consumers);

}  // namespace collectors
