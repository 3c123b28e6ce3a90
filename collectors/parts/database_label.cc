#include "collectors/parts/database_label.h"

#include <algorithm>

namespace collectors {

using std::chrono::milliseconds;

void SetDatabase(SqlMetric& metric, const std::string& database) {
  if (std::ranges::find(metric.labels, kDatabaseLabel) != metric.labels.end()) return;
  metric.constant_labels.emplace_back(kDatabaseLabel, database);
}

void SetDatabase(std::vector<SqlQuery>& queries, const std::string& database,
                 milliseconds interval) {
  for (SqlQuery& query : queries) {
    query.statement.database = database;
    query.rules.SetInterval(interval);
    for (QueryMetric& metric : query.metrics) SetDatabase(metric.metric, database);
  }
}

}  // namespace collectors
