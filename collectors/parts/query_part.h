#pragma once

#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "collectors/parts/sql_part.h"
#include "collectors/series/metric_series.h"

namespace collectors {

// The server versions that have a view or a column, in PostgreSQL's numbering: 140000.
struct VersionRange {
  int first = 0;
  int end = std::numeric_limits<int>::max();  // The first version that no longer has it.

  bool Has(int version) const { return first <= version && version < end; }
};

struct QueryMetric {
  SqlMetric metric;
  VersionRange versions;
};

// What happens to a query's series if the query fails: they stay until stale_after, or are
// withdrawn at once.
enum class OnError { kKeep, kDrop };

// A statement and the metrics that its rows become.
struct SqlQuery {
  std::string name;           // The name of the part in the log, and of its statement.
  bool has_own_name = false;  // The user chose the name; otherwise it is the first metric's.
  SqlStatement statement;
  std::vector<QueryMetric> metrics;
  SeriesRules rules;
  std::optional<std::chrono::milliseconds> interval;  // Absent if it runs in every run.
  VersionRange versions;
  std::optional<std::chrono::milliseconds> timeout;  // In addition to the run's.
  OnError on_error = OnError::kKeep;
  bool asks_with_server = false;  // $1 is SqlSession::ServerName().
  std::string when = {};          // A statement. The query is asked only if it returns true.
};

// A query of the user or of a preset. If the rows do not fit one metric, the other metrics are
// unaffected.
class QueryPart : public SqlPart {
 public:
  explicit QueryPart(SqlQuery query);

  PartResult Refresh(const SqlRun& run) override;
  void Skip() override;
  void Write(exporter::FamilySet& families, exporter::SteadyTime now) const override;
  std::vector<exporter::CollectError> Problems() const override { return problems_; }
  std::vector<std::string> Answered() const override { return answered_; }
  std::vector<exporter::SeriesId> Claims() const override;
  std::optional<std::chrono::milliseconds> Interval() const override { return query_.interval; }

 private:
  bool IsWanted(const SqlRun& run) const;
  Rows Ask(const SqlRun& run);
  // Returns whether the rows fit every metric. A single row that cannot be read does not count: it
  // is no reason to ask again early.
  bool Take(const Rows& rows, int version, exporter::SteadyTime now);
  void Lose(MetricSeries& series) const;

  SqlQuery query_;
  std::vector<MetricSeries> series_;  // Parallel to query_.metrics.
  std::vector<exporter::CollectError> problems_;
  std::vector<std::string> answered_;  // The query, and the metrics that its rows fit.
};

}  // namespace collectors
