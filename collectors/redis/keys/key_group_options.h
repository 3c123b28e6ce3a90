#pragma once

#include <memory>

#include "collectors/redis/keys/key_group_part.h"
#include "exporter/config/yaml_reader.h"

namespace collectors {

// The key `key_groups` of a collector: {patterns, max_groups, memory, databases};
// null where there is none. `database` is where it does not say. Notes what is
// wrong in the reader.
std::unique_ptr<KeyGroupPart> ReadKeyGroupOptions(exporter::YamlReader& options, int database);

}  // namespace collectors
