#include "collectors/parts/query_part.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "collectors/series/row_mapping.h"

namespace collectors {

using exporter::CollectError;
using exporter::Deadline;
using exporter::SteadyTime;

QueryPart::QueryPart(SqlQuery query) : query_(std::move(query)) {
  if (query_.statement.name.empty()) query_.statement.name = query_.name;
  for (const QueryMetric& metric : query_.metrics) {
    series_.emplace_back(metric.metric, query_.rules);
  }
}

PartResult QueryPart::Refresh(const SqlRun& run) {
  problems_.clear();
  try {
    const int version = run.session.ServerVersion(run.context);
    if (!query_.versions.Has(version) || !IsWanted(run)) return PartResult::kDone;
    return Take(Ask(run), version, run.now) ? PartResult::kDone : PartResult::kFailed;
  } catch (const CollectError& error) {
    for (MetricSeries& series : series_) Lose(series);
    // A statement that fails affects only its own metrics.
    if (EndsRun(error.kind())) throw;
    if (error.kind() == exporter::ErrorKind::kMissing) answered_.clear();
    problems_ = {error.Of(query_.name)};
    return ResultOf(error);
  }
}

bool QueryPart::IsWanted(const SqlRun& run) const {
  if (query_.when.empty()) return true;
  const Rows rows = run.session.Query(run.context, {.text = query_.when});
  return !rows.cells.empty() && !rows.cells[0].empty() && rows.cells[0][0] == "t";
}

Rows QueryPart::Ask(const SqlRun& run) {
  if (query_.asks_with_server) query_.statement.parameters = {run.session.ServerName()};
  exporter::CollectContext context = run.context;
  if (query_.timeout) {
    const Deadline own = Deadline::After(*query_.timeout);
    if (own.when() < context.deadline.when()) context.deadline = own;
  }
  return run.session.Query(context, query_.statement);
}

bool QueryPart::Take(const Rows& rows, int version, SteadyTime now) {
  bool took_all = true;
  answered_ = {query_.name};
  for (std::size_t i = 0; i < series_.size(); ++i) {
    if (!query_.metrics[i].versions.Has(version)) continue;
    MappedSamples found = MapRows(rows, series_[i].metric());
    DropRepeated(found, series_[i].metric().name);
    if (found.problem) problems_.push_back(*found.problem);
    if (series_[i].Found(std::move(found), now)) {
      answered_.push_back(series_[i].metric().name);
      continue;
    }
    took_all = false;
    Lose(series_[i]);
  }
  return took_all;
}

void QueryPart::Lose(MetricSeries& series) const {
  if (query_.on_error == OnError::kDrop) series.Withdraw();
}

void QueryPart::Skip() {
  problems_ = {NoTimeLeft(query_.name)};
  for (MetricSeries& series : series_) Lose(series);
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
