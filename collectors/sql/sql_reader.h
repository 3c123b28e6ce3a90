#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "collectors/sql/count_statement.h"
#include "collectors/sql/db_time.h"
#include "collectors/sql/query_part.h"
#include "exporter/job_settings.h"
#include "exporter/yaml_reader.h"

namespace collectors {

// What max_rows may be.
inline constexpr std::size_t kMostRows = 1'000'000;

// What every statement of a collector has in common.
struct SqlDefaults {
  exporter::JobSettings settings;
  SqlStatement statement;  // Its max_rows and parallel.
  std::shared_ptr<const DbTime> db_time = nullptr;
  CountMode count_mode = CountMode::kExact;
  std::optional<SqlDialect> dialect = std::nullopt;  // As far as it is known.
  // How often each statement is asked in each of several databases; absent if in one alone.
  std::optional<std::chrono::milliseconds> tour_interval = std::nullopt;
};

// What the samples of a collector's statement are told, without keys of its own.
SeriesRules RulesOf(const SqlDefaults& defaults);

// `count_mode`: how counts that do not say it come by their values.
CountMode ReadCountMode(exporter::YamlReader& options);

// The lists `counts` and `queries`, of a configuration or of a preset. Notes
// what is wrong in the readers.
std::vector<SqlCount> ReadCounts(exporter::YamlReader& options, const SqlDefaults& defaults);
std::vector<SqlQuery> ReadQueries(exporter::YamlReader& options, const SqlDefaults& defaults);

}  // namespace collectors
