#pragma once

#include <memory>

#include "collectors/redis/keys/key_group_part.h"
#include "exporter/config/yaml_reader.h"

namespace collectors {

// Reads a collector's `key_groups`: {patterns, max_groups, memory, databases}. Returns null if it
// is absent or wrong. `database` is used if `databases` is absent. Reports mistakes to the reader.
std::unique_ptr<KeyGroupPart> ReadKeyGroupOptions(exporter::YamlReader& options, int database);

}  // namespace collectors
