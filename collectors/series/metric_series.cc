#include "collectors/series/metric_series.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace collectors {

namespace {

using exporter::ErrorKind;
using exporter::SteadyTime;
using Histogram = prometheus::ClientMetric::Histogram;

bool SaysNothing(const exporter::CollectError& problem) {
  return problem.kind() == ErrorKind::kMissing || problem.kind() == ErrorKind::kLimit;
}

std::size_t LineCount(const Sample& sample) {
  constexpr std::size_t kLinesBesidesBounds = 3;  // +Inf, _sum, _count.
  return sample.histogram ? sample.histogram->bucket.size() + kLinesBesidesBounds : 1;
}

// Returns a histogram with the same bounds and no observations.
SqlHistogram Emptied(const Histogram& histogram) {
  Histogram empty = histogram;
  empty.sample_count = 0;
  empty.sample_sum = 0;
  for (auto& bucket : empty.bucket) bucket.cumulative_count = 0;
  return std::make_shared<const Histogram>(std::move(empty));
}

// Adds a sample to the family that its first label names.
void AddNamed(exporter::FamilySet& families, const SqlMetric& metric, const Sample& sample,
              std::optional<SteadyTime> expires_at) {
  families.Open(metric.type, sample.labels.front().second, metric.help, expires_at)
      .Add({sample.labels.begin() + 1, sample.labels.end()}, sample.value);
}

}  // namespace

void SeriesRules::SetInterval(std::chrono::milliseconds interval) {
  own_interval = true;
  stale_after = std::max(kRoundsUntilStale * interval, stale_after);
}

std::chrono::milliseconds SeriesRules::StaleAfter() const {
  if (db_time == nullptr) return stale_after;
  return std::max(stale_after, kRoundsUntilStale * db_time->round());
}

std::optional<SteadyTime> SeriesRules::ExpiryOf(SteadyTime answered, SteadyTime now) const {
  // The collector's own stale_after covers what was found in this run.
  if (!own_interval && answered == now && StaleAfter() == stale_after) return std::nullopt;
  return answered + StaleAfter();
}

bool MetricSeries::Found(MappedSamples found, SteadyTime now) {
  if (found.problem && SaysNothing(*found.problem)) return false;
  samples_ = std::move(found.samples);
  if (rules_.on_missing != OnMissing::kDrop) AddMissing(samples_, found.nulls);
  last_success_ = now;
  return true;
}

void MetricSeries::AddMissing(std::vector<Sample>& samples,
                              const std::vector<exporter::Labels>& nulls) {
  std::set<exporter::Labels> present(nulls.begin(), nulls.end());
  for (const Sample& sample : samples) {
    present.insert(sample.labels);
    Remember(sample);
  }
  for (const auto& [labels, last] : seen_) {
    if (!present.contains(labels)) samples.push_back(Missing(labels, last));
  }
}

void MetricSeries::Remember(const Sample& sample) {
  if (!seen_.contains(sample.labels)) {
    if (seen_lines_ + LineCount(sample) > rules_.max_series) return;
    seen_lines_ += LineCount(sample);
  }
  seen_.insert_or_assign(sample.labels, Last{sample.value, sample.histogram});
}

Sample MetricSeries::Missing(const exporter::Labels& labels, const Last& last) const {
  if (rules_.on_missing == OnMissing::kKeep) return {labels, last.value, last.histogram};
  return {labels, 0, last.histogram ? Emptied(*last.histogram) : nullptr};
}

void MetricSeries::Write(exporter::FamilySet& families, SteadyTime now) const {
  if (!last_success_ || now >= *last_success_ + StaleAfter() || samples_.empty()) return;
  const std::optional<SteadyTime> expires_at = rules_.ExpiryOf(*last_success_, now);
  const bool is_named = std::holds_alternative<NamedSample>(metric_.shape);
  auto& family = families.Open(metric_.type, metric_.name, metric_.help, expires_at);
  for (const Sample& sample : samples_) {
    if (is_named) {
      AddNamed(families, metric_, sample, expires_at);
    } else if (sample.histogram) {
      family.Add(sample.labels, *sample.histogram);
    } else {
      family.Add(sample.labels, sample.value);
    }
  }
}

}  // namespace collectors
