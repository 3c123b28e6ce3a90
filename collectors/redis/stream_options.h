#pragma once

#include "collectors/redis/stream_part.h"
#include "exporter/job_settings.h"
#include "exporter/yaml_reader.h"

namespace collectors {

// The key `streams` of a collector: a list of {key or pattern, db}. `database` is
// where an entry does not say. Notes what is wrong in the reader.
StreamPart ReadStreamOptions(exporter::YamlReader& options, const exporter::JobSettings& settings,
                             int database, bool consumers);

}  // namespace collectors
