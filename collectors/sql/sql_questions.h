#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "collectors/parts/query_part.h"
#include "collectors/parts/sql_part.h"
#include "collectors/sql/counts/count_statement.h"
#include "exporter/config/yaml_reader.h"

namespace collectors {

// The counts on one table, and what their statements have in common.
struct TableCounts {
  std::vector<SqlCount> counts;
  SqlStatement statement;
};

// What a collector asks of a database.
struct SqlQuestions {
  std::vector<TableCounts> tables;  // In the order in which they are first named.
  std::vector<SqlQuery> queries;
};

// Groups the counts by table, and gives each statement a unique name. Reports to the reader
// mistakes in the names of metrics and queries.
SqlQuestions MakeQuestions(exporter::YamlReader& options, std::vector<SqlCount> counts,
                           std::vector<SqlQuery> queries, const SqlStatement& statement);

// Makes a part for each table and each query.
std::vector<std::unique_ptr<SqlPart>> QuestionParts(SqlQuestions questions);

// As QuestionParts, for one of several databases, which is visited every `interval`.
std::vector<std::unique_ptr<SqlPart>> QuestionPartsIn(const std::string& database,
                                                      SqlQuestions questions,
                                                      std::chrono::milliseconds interval);

}  // namespace collectors
