#include "collectors/sql/metric_series.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace collectors {

using exporter::SteadyTime;

namespace {

constexpr int kRoundsUntilStale = 3;

}  // namespace

void MetricSeries::Found(MappedSamples found, SteadyTime now) {
  // An answer without the metric's columns says nothing of its series.
  if (found.problem && found.problem->kind() == exporter::ErrorKind::kMissing) return;
  samples_ = std::move(found.samples);
  if (rules_.on_missing != OnMissing::kDrop) AddMissing(samples_, found.nulls);
  last_success_ = now;
}

void MetricSeries::AddMissing(std::vector<Sample>& samples,
                              const std::vector<exporter::Labels>& nulls) {
  std::set<exporter::Labels> present(nulls.begin(), nulls.end());
  for (const Sample& sample : samples) {
    present.insert(sample.labels);
    if (seen_.size() < rules_.max_series || seen_.contains(sample.labels)) {
      seen_[sample.labels] = sample.value;
    }
  }
  for (const auto& [labels, last] : seen_) {
    if (present.contains(labels)) continue;
    samples.push_back({labels, rules_.on_missing == OnMissing::kKeep ? last : 0});
  }
}

std::chrono::milliseconds MetricSeries::StaleAfter() const {
  if (rules_.db_time == nullptr) return rules_.stale_after;
  return std::max(rules_.stale_after, kRoundsUntilStale * rules_.db_time->round());
}

void MetricSeries::Write(exporter::FamilySet& families, SteadyTime now) const {
  const std::chrono::milliseconds stale_after = StaleAfter();
  if (!last_success_ || now >= *last_success_ + stale_after || samples_.empty()) return;
  std::optional<SteadyTime> expires_at;
  // The collector's own stale_after serves what was just found.
  if (rules_.own_interval || *last_success_ != now || stale_after != rules_.stale_after) {
    expires_at = *last_success_ + stale_after;
  }
  auto& family = families.Open(metric_.type, metric_.name, metric_.help, expires_at);
  for (const Sample& sample : samples_) family.Add(sample.labels, sample.value);
}

exporter::SeriesId MetricSeries::Claim() const {
  exporter::SeriesId claim{metric_.name, metric_.constant_labels};
  for (const std::string& label : metric_.labels) claim.labels.emplace_back(label, "*");
  return claim;
}

}  // namespace collectors
