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

// What max_rows may be.
inline constexpr std::size_t kMostRows = 1'000'000;

// What every statement of a collector has in common.
struct SqlDefaults {
  exporter::JobSettings settings;
  SqlStatement statement;  // Its max_rows and parallel.
  std::shared_ptr<const DbTime> db_time = nullptr;
  std::optional<SqlDialect> dialect = std::nullopt;  // As far as it is known.
  // How often each statement is asked in each of several databases; absent if in one alone.
  std::optional<std::chrono::milliseconds> tour_interval = std::nullopt;
};

// What the samples of a collector's statement are told, without keys of its own.
SeriesRules RulesOf(const SqlDefaults& defaults);

// `on_missing` of a count or a query.
OnMissing ReadOnMissing(exporter::YamlReader& reader);

// Notes a label of the metric that the label datname, of several databases, would meet; `key` names
// the columns of the labels.
void CheckDatabaseLabel(exporter::YamlReader& reader, const std::string& key,
                        const SqlMetric& metric, const SqlDefaults& defaults);

// The list `queries`, of a configuration or of a preset. Notes what is wrong in the readers.
std::vector<SqlQuery> ReadQueries(exporter::YamlReader& options, const SqlDefaults& defaults);

}  // namespace collectors
