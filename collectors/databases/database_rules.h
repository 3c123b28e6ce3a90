#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "collectors/shared/name_patterns.h"
#include "exporter/config/yaml_reader.h"
#include "exporter/seam/job_settings.h"

namespace collectors {

// Which databases of a server are visited, and how often.
struct DatabaseRules {
  NamePatterns patterns;
  std::size_t max = 20;
  std::chrono::milliseconds interval = std::chrono::minutes(5);  // From round to round.
  std::chrono::milliseconds grid = std::chrono::seconds(15);     // Between the collector's runs.
  // Whether a database may lack what others have, without a problem.
  bool skip_missing = false;
};

// Where the statements for each database come from. Only the user's may ask for something that a
// database lacks.
enum class StatementsOf { kPreset, kUser };

// Reads the option `databases`. Returns nothing if it is absent or wrong. Reports mistakes to the
// reader.
std::optional<DatabaseRules> ReadDatabaseRules(exporter::YamlReader& options,
                                               const exporter::JobSettings& settings,
                                               StatementsOf statements);

}  // namespace collectors
