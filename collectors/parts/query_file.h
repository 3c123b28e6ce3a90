#pragma once

#include <string>

#include "exporter/config/yaml_reader.h"

namespace collectors {

// The statement in the file under `key`, as it stands there: nothing in it is
// replaced from the environment. A relative path is relative to the
// configuration file. Read once, with the configuration. Empty, with a problem
// noted, where it is no regular file in UTF-8 of at most 1 MiB.
std::string ReadQueryFile(exporter::YamlReader& reader, const std::string& key);

}  // namespace collectors
