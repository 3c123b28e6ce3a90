#include "collectors/sql/query_part.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "collectors/sql/row_mapping.h"

namespace collectors {

using exporter::CollectError;
using exporter::SteadyTime;

QueryPart::QueryPart(SqlQuery query) : query_(std::move(query)) {
  query_.statement.name = query_.name;
  for (const QueryMetric& metric : query_.metrics) {
    series_.emplace_back(metric.metric, query_.rules);
  }
}

PartResult QueryPart::Refresh(const SqlRun& run) {
  problems_.clear();
  try {
    const int version = run.session.ServerVersion(run.context);
    if (!query_.versions.Has(version) || !IsWanted(run)) return PartResult::kDone;
    if (query_.asks_with_server) query_.statement.parameters = {run.session.ServerName()};
    Take(run.session.Query(run.context, query_.statement), version, run.now);
    return problems_.empty() ? PartResult::kDone : PartResult::kFailed;
  } catch (const CollectError& error) {
    // A statement that fails costs its own metrics.
    if (EndsRun(error.kind())) throw;
    problems_ = {CollectError(error.kind(), error.what(), query_.name)};
    return error.kind() == exporter::ErrorKind::kTimeout ? PartResult::kTimedOut
                                                         : PartResult::kFailed;
  }
}

bool QueryPart::IsWanted(const SqlRun& run) const {
  if (query_.when.empty()) return true;
  const Rows rows = run.session.Query(run.context, {.text = query_.when});
  return !rows.cells.empty() && !rows.cells[0].empty() && rows.cells[0][0] == "t";
}

void QueryPart::Take(const Rows& rows, int version, SteadyTime now) {
  for (std::size_t i = 0; i < series_.size(); ++i) {
    if (!query_.metrics[i].versions.Has(version)) continue;
    MappedSamples found = MapRows(rows, series_[i].metric());
    if (found.problem) problems_.push_back(*found.problem);
    series_[i].Found(std::move(found), now);
  }
}

void QueryPart::Write(exporter::FamilySet& families, SteadyTime now) const {
  for (const MetricSeries& series : series_) series.Write(families, now);
}

std::vector<exporter::SeriesId> QueryPart::Claims() const {
  std::vector<exporter::SeriesId> claims;
  for (const MetricSeries& series : series_) {
    std::ranges::move(ClaimsOf(series.metric()), std::back_inserter(claims));
  }
  return claims;
}

}  // namespace collectors
