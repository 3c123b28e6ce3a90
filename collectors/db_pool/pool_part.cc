#include "collectors/db_pool/pool_part.h"

#include <utility>

#include "collectors/series/row_mapping.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::SteadyTime;

constexpr const char* kPartName = "pools";

SqlMetric Gauge(const char* name, const char* help, const char* column = "") {
  SqlMetric metric;
  metric.name = name;
  metric.help = help;
  metric.value = column;
  metric.labels = {"pool"};
  return metric;
}

}  // namespace

PoolPart::PoolPart(std::vector<Pool> pools, const SeriesRules& rules)
    : pools_(std::move(pools)),
      size_(Gauge("db_pool_size",
                  "Configured size of the pool, summed over the application's processes."),
            rules),
      max_overflow_(Gauge("db_pool_max_overflow",
                          "Connections that the pool may open beyond its size, summed over the "
                          "application's processes."),
                    rules) {
  for (const PoolMetric& metric : PoolStateMetrics()) {
    states_.emplace_back(Gauge(metric.name, metric.help, metric.column), rules);
  }
}

PartResult PoolPart::Refresh(const SqlRun& run) {
  problems_.clear();
  try {
    Take(run.session.Query(run.context, PoolStatement(pools_)), run.now);
    return PartResult::kDone;
  } catch (const CollectError& error) {
    // The server answered: the collector is up, and only this part has failed.
    if (EndsRun(error.kind())) throw;
    problems_ = {error.Of(kPartName)};
    return ResultOf(error);
  }
}

void PoolPart::Take(const Rows& rows, SteadyTime now) {
  size_.Found({SumOverProcesses(rows, pools_, &Pool::size), {}, {}}, now);
  max_overflow_.Found({SumOverProcesses(rows, pools_, &Pool::max_overflow), {}, {}}, now);
  const Rows shown = WithoutHidden(rows);
  for (MetricSeries& series : states_) {
    MappedSamples found = MapRows(shown, series.metric());
    if (found.problem) problems_.push_back(*found.problem);
    series.Found(std::move(found), now);
  }
  if (const auto hidden = HiddenProblem(rows)) problems_.push_back(*hidden);
}

void PoolPart::Skip() { problems_ = {NoTimeLeft(kPartName)}; }

void PoolPart::Write(exporter::FamilySet& families, SteadyTime now) const {
  size_.Write(families, now);
  max_overflow_.Write(families, now);
  for (const MetricSeries& series : states_) series.Write(families, now);
}

std::vector<exporter::SeriesId> PoolPart::Claims() const {
  std::vector<exporter::SeriesId> claims;
  for (const Pool& pool : pools_) {
    const auto claim = [&](const MetricSeries& series) {
      claims.push_back({series.metric().name, {{"pool", pool.name}}});
    };
    if (pool.size) claim(size_);
    if (pool.max_overflow) claim(max_overflow_);
    for (const MetricSeries& series : states_) claim(series);
  }
  return claims;
}

}  // namespace collectors
