#include "collectors/sql/sql_questions.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "collectors/parts/database_label.h"
#include "collectors/sql/counts/count_scan.h"
#include "collectors/sql/metric_names.h"
#include "collectors/sql/query_names.h"

namespace collectors {
namespace {

using exporter::YamlReader;

// Sets the names that rows must not give to their metrics (NamedSample::taken).
void TellTaken(std::vector<SqlQuery>& queries, const MetricNames& names) {
  for (SqlQuery& query : queries) {
    for (QueryMetric& metric : query.metrics) {
      if (auto* const named = std::get_if<NamedSample>(&metric.metric.shape)) {
        named->taken = names.taken();
      }
    }
  }
}

void CheckNames(YamlReader& options, const std::vector<SqlCount>& counts,
                std::vector<SqlQuery>& queries) {
  MetricNames names;
  const auto add = [&](const std::string& key, const SqlMetric& metric) {
    const std::string problem = metric.name.empty() ? "" : names.Add(metric);
    if (!problem.empty()) options.Problem(key, problem);
  };
  for (const SqlCount& count : counts) add("counts", count.metric);
  for (const SqlQuery& query : queries) {
    for (const QueryMetric& metric : query.metrics) add("queries", metric.metric);
  }
  TellTaken(queries, names);
  if (counts.empty() && queries.empty()) {
    options.Problem("counts", "nothing to ask: give counts or queries");
  }
}

// Two counts of one metric, with different constant labels, are still two statements.
void NameStatements(YamlReader& options, std::vector<SqlCount>& counts,
                    std::vector<SqlQuery>& queries, QueryNames& names) {
  for (const SqlQuery& query : queries) {
    if (!query.has_own_name || names.Take(query.name)) continue;
    options.Problem("queries", fmt::format("two queries are named {}, and exporter_query_* would "
                                           "be one series of both: give one another name",
                                           exporter::Quoted(query.name)));
  }
  for (SqlCount& count : counts) {
    count.name = names.Free(count.metric.name, count.metric.name + " of " + count.table);
  }
  for (SqlQuery& query : queries) {
    if (!query.has_own_name) query.statement.name = names.Free(query.name, query.name);
  }
}

std::vector<TableCounts> ByTable(std::vector<SqlCount> counts, const SqlStatement& statement) {
  std::vector<TableCounts> tables;
  for (SqlCount& count : counts) {
    const auto same = std::ranges::find_if(
        tables, [&](const TableCounts& table) { return table.counts[0].table == count.table; });
    TableCounts& table =
        same == tables.end() ? tables.emplace_back(TableCounts{{}, statement}) : *same;
    table.counts.push_back(std::move(count));
  }
  return tables;
}

}  // namespace

SqlQuestions MakeQuestions(YamlReader& options, std::vector<SqlCount> counts,
                           std::vector<SqlQuery> queries, const SqlStatement& statement) {
  CheckNames(options, counts, queries);
  QueryNames names;
  NameStatements(options, counts, queries, names);
  SqlQuestions questions{ByTable(std::move(counts), statement), std::move(queries)};
  for (TableCounts& table : questions.tables) {
    const std::string& name = table.counts[0].table;
    table.statement.name = table.counts.size() > 1 ? names.Free(name, "table " + name) : name;
  }
  return questions;
}

std::vector<std::unique_ptr<SqlPart>> QuestionParts(SqlQuestions questions) {
  std::vector<std::unique_ptr<SqlPart>> parts;
  parts.reserve(questions.tables.size() + questions.queries.size());
  for (TableCounts& table : questions.tables) {
    parts.push_back(
        std::make_unique<CountScan>(std::move(table.counts), std::move(table.statement)));
  }
  for (SqlQuery& query : questions.queries) {
    parts.push_back(std::make_unique<QueryPart>(std::move(query)));
  }
  return parts;
}

std::vector<std::unique_ptr<SqlPart>> QuestionPartsIn(const std::string& database,
                                                      SqlQuestions questions,
                                                      std::chrono::milliseconds interval) {
  for (TableCounts& table : questions.tables) {
    table.statement.database = database;
    SetDatabase(table.counts, database, interval);
  }
  SetDatabase(questions.queries, database, interval);
  return QuestionParts(std::move(questions));
}

}  // namespace collectors
