#pragma once

#include <string>

#include "exporter/config/yaml_reader.h"

namespace collectors {

// Reads the statement from the file under `key`, unchanged: nothing is replaced from the
// environment. A relative path is relative to the configuration file. The file is read once, with
// the configuration. Returns "" and reports a problem unless it is a regular file of at most 1 MiB
// in UTF-8.
std::string ReadQueryFile(exporter::YamlReader& reader, const std::string& key);

}  // namespace collectors
