#pragma once

#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "collectors/parts/sql_part.h"
#include "collectors/series/metric_series.h"

namespace collectors {

// The server versions that know a view or a column, as PostgreSQL counts: 140000.
struct VersionRange {
  int first = 0;
  int end = std::numeric_limits<int>::max();  // The first one that no longer does.

  bool Has(int version) const { return first <= version && version < end; }
};

struct QueryMetric {
  SqlMetric metric;
  VersionRange versions;
};

// What becomes of a query's series when it fails: they stay until stale_after,
// or go at once.
enum class OnError { kKeep, kDrop };

// A statement and the metrics that its rows become.
struct SqlQuery {
  std::string name;           // Names the part in the log, and its statement.
  bool has_own_name = false;  // Somebody chose it: it is not the first metric's.
  SqlStatement statement;
  std::vector<QueryMetric> metrics;
  SeriesRules rules;
  std::optional<std::chrono::milliseconds> interval;  // Its own.
  VersionRange versions;
  std::optional<std::chrono::milliseconds> timeout;  // Its own; the run's ends it too.
  OnError on_error = OnError::kKeep;
  bool asks_with_server = false;  // SqlSession::ServerName() is $1.
  std::string when = {};          // A statement; where it yields false the query is not asked.
};

// A query of the user or of a preset. A metric that the rows cannot make fails
// alone.
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
  // Whether the rows say something of each metric. A row that cannot be read is
  // no reason to ask again before the time.
  bool Take(const Rows& rows, int version, exporter::SteadyTime now);
  void Lose(MetricSeries& series) const;

  SqlQuery query_;
  std::vector<MetricSeries> series_;  // As query_.metrics.
  std::vector<exporter::CollectError> problems_;
  std::vector<std::string> answered_;  // The query, and the metrics that its rows made.
};

}  // namespace collectors
