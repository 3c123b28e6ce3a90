#pragma once

#include "collectors/redis/streams/stream_part.h"
#include "exporter/config/yaml_reader.h"
#include "exporter/seam/job_settings.h"

namespace collectors {

// The key `streams` of a collector: a list of {key or pattern, db}. `database` is
// where an entry does not say. Notes what is wrong in the reader.
StreamPart ReadStreamOptions(exporter::YamlReader& options, const exporter::JobSettings& settings,
                             int database, bool consumers);

}  // namespace collectors
