#include "collectors/series/observation_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <utility>

#include "collectors/series/row_cells.h"

namespace collectors {
namespace {

using exporter::Labels;
using Histogram = prometheus::ClientMetric::Histogram;

constexpr std::size_t kMostBuckets = 1'000'000;

// The observations of one series.
struct Tally {
  // Per bucket, in the order of the bounds; the last one is above all bounds. Empty without
  // observations.
  std::vector<std::uint64_t> counts;
  double sum = 0;
};

void Observe(Tally& tally, double value, const std::vector<double>& bounds) {
  tally.counts.resize(bounds.size() + 1);
  const auto bound = std::ranges::lower_bound(bounds, value);
  ++tally.counts[static_cast<std::size_t>(bound - bounds.begin())];
  tally.sum += value;
}

Histogram HistogramOf(const Tally& tally, const std::vector<double>& bounds) {
  Histogram histogram;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    histogram.sample_count += tally.counts[i];
    histogram.bucket.push_back({histogram.sample_count, bounds[i]});
  }
  histogram.sample_count += tally.counts.back();
  histogram.sample_sum = tally.sum;
  return histogram;
}

void CheckBuckets(std::size_t series, const SqlMetric& metric, const RowObservation& shape) {
  if (series * (shape.bounds.size() + 1) <= kMostBuckets) return;
  throw exporter::CollectError(exporter::ErrorKind::kLimit,
                               fmt::format("the rows make more than {} buckets", kMostBuckets),
                               metric.name);
}

}  // namespace

MappedSamples MapShape(const Rows& rows, const SqlMetric& metric, const RowObservation& shape) {
  const std::size_t column = NeedColumn(rows, metric.value, metric);
  const LabelColumns labels(rows, metric);
  MappedSamples mapped;
  std::map<Labels, Tally> tallies;
  for (const Cells& cells : rows.cells) {
    Tally& tally = tallies[labels.Of(cells)];
    CheckBuckets(tallies.size(), metric, shape);
    const auto& cell = cells[column];
    if (!cell) continue;
    const auto value = NumberIn(rows, column, *cell);
    if (value && !std::isnan(*value)) {
      Observe(tally, *value * metric.factor, shape.bounds);
    } else {
      NoteBadRow(mapped, metric,
                 value ? fmt::format("column {} holds NaN", metric.value) : NoNumber(rows, column));
    }
  }
  for (const auto& [series, tally] : tallies) {
    if (tally.counts.empty()) {
      mapped.nulls.push_back(series);
    } else {
      mapped.samples.push_back(
          {series, 0, std::make_shared<const Histogram>(HistogramOf(tally, shape.bounds))});
    }
  }
  return mapped;
}

}  // namespace collectors
