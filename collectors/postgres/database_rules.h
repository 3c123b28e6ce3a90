#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "collectors/name_patterns.h"
#include "exporter/job.h"
#include "exporter/yaml_reader.h"

namespace collectors {

// Which databases of a server are visited, and how often.
struct DatabaseRules {
  NamePatterns patterns;
  std::size_t max = 20;
  std::chrono::milliseconds interval = std::chrono::minutes(5);  // From tour to tour.
};

// The key `databases`; absent where it is, or where something is wrong with it,
// which is then noted.
std::optional<DatabaseRules> ReadDatabaseRules(exporter::YamlReader& options,
                                               const exporter::JobSettings& settings);

}  // namespace collectors
