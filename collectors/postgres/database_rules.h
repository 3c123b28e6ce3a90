#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/job.h"
#include "exporter/yaml_reader.h"

namespace re2 {
class RE2;
}

namespace collectors {

// Names of databases by RE2 patterns, each for the whole name.
class DatabasePatterns {
 public:
  // Without an include pattern every name is included. Throws
  // std::invalid_argument where a pattern is none.
  DatabasePatterns(const std::vector<std::string>& include,
                   const std::vector<std::string>& exclude);

  bool Match(std::string_view name) const;

 private:
  using Compiled = std::vector<std::shared_ptr<const re2::RE2>>;

  static Compiled Compile(const std::vector<std::string>& patterns);
  static bool MatchOne(const Compiled& patterns, std::string_view name);

  Compiled include_;
  Compiled exclude_;
};

// Which databases of a server are visited, and how often.
struct DatabaseRules {
  DatabasePatterns patterns;
  std::size_t max = 20;
  std::chrono::milliseconds interval = std::chrono::minutes(5);  // From tour to tour.
};

// The key `databases`; absent where it is, or where something is wrong with it,
// which is then noted.
std::optional<DatabaseRules> ReadDatabaseRules(exporter::YamlReader& options,
                                               const exporter::JobSettings& settings);

}  // namespace collectors
