#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collectors/parts/query_part.h"
#include "collectors/series/db_time.h"
#include "exporter/config/yaml_reader.h"
#include "exporter/seam/job_settings.h"

namespace collectors {

// The maximum of max_rows.
inline constexpr std::size_t kMostRows = 1'000'000;

// What all statements of a collector have in common.
struct SqlDefaults {
  exporter::JobSettings settings;
  SqlStatement statement;  // Its max_rows and parallel.
  std::shared_ptr<const DbTime> db_time = nullptr;
  std::optional<SqlDialect> dialect = std::nullopt;  // Absent if unknown.
  // How often each statement is asked in each of several databases; absent with one database.
  std::optional<std::chrono::milliseconds> tour_interval = std::nullopt;
};

// Returns the rules for the series of a statement without own options.
SeriesRules RulesOf(const SqlDefaults& defaults);

// Reads `on_missing` of a count or a query.
OnMissing ReadOnMissing(exporter::YamlReader& reader);

// Reports a label of the metric that collides with the label datname of several databases. `key` is
// the option for the label columns.
void CheckDatabaseLabel(exporter::YamlReader& reader, const std::string& key,
                        const SqlMetric& metric, const SqlDefaults& defaults);

// Reads the list `queries` of a configuration or of a preset. Reports mistakes to the readers.
std::vector<SqlQuery> ReadQueries(exporter::YamlReader& options, const SqlDefaults& defaults);

}  // namespace collectors
