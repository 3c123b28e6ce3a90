#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "collectors/clients/sql/sql_session.h"
#include "collectors/parts/query_part.h"
#include "tests/support/taken.h"

namespace collectors {

// An SqlSession whose answers a test gives: a function from the statement to
// rows, which may throw. Remembers what it was asked.
class ScriptedSql : public SqlSession {
 public:
  using Answer = std::function<Rows(const SqlStatement&)>;
  explicit ScriptedSql(Answer answer, int version = 150000)
      : answer_(std::move(answer)), version_(version) {}

  Rows Query(const exporter::CollectContext& /*context*/, const SqlStatement& statement) override {
    asked.push_back(statement.text);
    return answer_(statement);
  }
  int ServerVersion(const exporter::CollectContext& /*context*/) override {
    if (is_away) throw exporter::CollectError(exporter::ErrorKind::kConnect, "refused");
    return version_;
  }
  std::string ServerName() const override { return "db.example:5432"; }
  SqlDialect dialect() const override { return SqlDialect::kPostgres; }
  std::unique_ptr<SqlSession> OtherDatabase(const std::string& database) override {
    return other_database ? other_database(database) : nullptr;
  }
  void ForgetDatabase(const std::string& database) override { forgotten.push_back(database); }

  bool is_away = false;
  std::vector<std::string> asked;
  std::vector<std::string> forgotten;
  std::function<std::unique_ptr<SqlSession>(const std::string&)> other_database;

 private:
  Answer answer_;
  int version_;
};

// A query of one gauge, whose value is the column v.
inline SqlQuery GaugeQuery(const std::string& metric) {
  SqlQuery query;
  query.name = metric;
  query.statement.text = "SELECT " + metric;
  QueryMetric& gauge = query.metrics.emplace_back();
  gauge.metric.name = metric;
  gauge.metric.value = "v";
  return query;
}

// The samples of a family by its labels' values joined with "/", for tables.
inline std::vector<std::pair<std::string, double>> SamplesOf(exporter::FamilySet families,
                                                             const std::string& name) {
  std::vector<std::pair<std::string, double>> samples;
  for (const auto& timed : exporter::testing::TakenFrom(std::move(families))) {
    if (timed.family.name != name) continue;
    for (const auto& metric : timed.family.metric) {
      std::string labels;
      for (const auto& label : metric.label) labels += (labels.empty() ? "" : "/") + label.value;
      const bool gauge = timed.family.type == prometheus::MetricType::Gauge;
      samples.emplace_back(labels, gauge ? metric.gauge.value : metric.counter.value);
    }
  }
  return samples;
}

}  // namespace collectors
