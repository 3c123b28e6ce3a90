#include "collectors/sql/database_label.h"

#include <algorithm>

#include "collectors/sql/db_time.h"

namespace collectors {
namespace {

using std::chrono::milliseconds;

void SetDatabase(SqlMetric& metric, const std::string& database) {
  if (std::ranges::find(metric.labels, kDatabaseLabel) != metric.labels.end()) return;
  metric.constant_labels.emplace_back(kDatabaseLabel, database);
}

void SetInterval(SeriesRules& rules, milliseconds interval) {
  rules.own_interval = true;
  rules.stale_after = std::max(kRoundsUntilStale * interval, rules.stale_after);
}

}  // namespace

void SetDatabase(std::vector<SqlQuery>& queries, const std::string& database,
                 milliseconds interval) {
  for (SqlQuery& query : queries) {
    query.statement.database = database;
    SetInterval(query.rules, interval);
    for (QueryMetric& metric : query.metrics) SetDatabase(metric.metric, database);
  }
}

void SetDatabase(std::vector<SqlCount>& counts, const std::string& database,
                 milliseconds interval) {
  for (SqlCount& count : counts) {
    SetInterval(count.rules, interval);
    SetDatabase(count.metric, database);
  }
}

}  // namespace collectors
