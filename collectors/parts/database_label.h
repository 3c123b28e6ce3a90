#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/parts/query_part.h"

namespace collectors {

// The label for the database that a series belongs to.
inline constexpr std::string_view kDatabaseLabel = "datname";

// For one of several databases: the metric gets the label, unless one of its columns has it.
void SetDatabase(SqlMetric& metric, const std::string& database);
// The same for all metrics of the queries, which run every `interval` instead of the collector's.
void SetDatabase(std::vector<SqlQuery>& queries, const std::string& database,
                 std::chrono::milliseconds interval);

}  // namespace collectors
