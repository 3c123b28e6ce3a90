#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/sql/count_statement.h"
#include "collectors/sql/query_part.h"

namespace collectors {

// By it series tell the database that they are of.
inline constexpr std::string_view kDatabaseLabel = "datname";

// For one of several databases: the metrics that do not tell it by a column get the label, and
// the statements run at `interval` at most, another one than the collector's.
void SetDatabase(std::vector<SqlQuery>& queries, const std::string& database,
                 std::chrono::milliseconds interval);
void SetDatabase(std::vector<SqlCount>& counts, const std::string& database,
                 std::chrono::milliseconds interval);

}  // namespace collectors
