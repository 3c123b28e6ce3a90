#include "collectors/series/bucket_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <stdexcept>
#include <utility>

#include "collectors/series/row_cells.h"

namespace collectors {
namespace {

using exporter::Labels;
using Histogram = prometheus::ClientMetric::Histogram;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// A double counts exactly up to here.
constexpr std::uint64_t kMostCounted = std::uint64_t{1} << 53;

// What is wrong with a series. Thrown and caught in this file. The message quotes no cell.
class SeriesFault : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

bool IsCount(double value) {
  return value >= 0 && value <= static_cast<double>(kMostCounted) && value == std::trunc(value);
}

bool AreSame(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

double NeedNumber(const Rows& rows, std::size_t column, const std::string& text) {
  // SQL writes no sign before infinity, but Prometheus users write "+Inf".
  const auto number = NumberIn(rows, column, text.starts_with('+') ? text.substr(1) : text);
  if (!number) throw SeriesFault(NoNumber(rows, column));
  return *number;
}

struct Bucket {
  double bound;
  std::uint64_t count;
};

// The rows of one series, grouped by raw labels: NULL and '' are different here.
struct BucketGroup {
  Labels labels;
  std::vector<Bucket> buckets;
  std::optional<double> sum;
  std::string fault;  // Why it is not a histogram.
};

// The positions of a bucket's columns.
class BucketColumns {
 public:
  BucketColumns(const Rows& rows, const SqlMetric& metric, const RowBucket& shape)
      : rows_(rows),
        metric_(metric),
        shape_(shape),
        bound_(NeedColumn(rows, shape.bound, metric)),
        count_(NeedColumn(rows, metric.value, metric)) {
    if (!shape.sum.empty()) sum_ = NeedColumn(rows, shape.sum, metric);
  }

  // Throws SeriesFault.
  void Read(const Cells& cells, BucketGroup& group) const {
    group.buckets.push_back({BoundIn(cells[bound_]), CountIn(cells[count_])});
    if (!sum_ || !cells[*sum_]) return;
    const double sum = NeedNumber(rows_, *sum_, *cells[*sum_]) * metric_.factor;
    if (!AreSame(group.sum.value_or(sum), sum)) {
      throw SeriesFault(fmt::format("column {} differs between the rows of a series", shape_.sum));
    }
    group.sum = sum;
  }

 private:
  double BoundIn(const std::optional<std::string>& cell) const {
    const double bound = cell ? NeedNumber(rows_, bound_, *cell) * metric_.factor : kInfinity;
    if (bound > -kInfinity) return bound;  // False for NaN, too.
    throw SeriesFault(fmt::format("column {} holds NaN or -Infinity", shape_.bound));
  }

  std::uint64_t CountIn(const std::optional<std::string>& cell) const {
    if (!cell) throw SeriesFault(fmt::format("column {} is NULL", metric_.value));
    const double count = NeedNumber(rows_, count_, *cell);
    if (IsCount(count)) return static_cast<std::uint64_t>(count);
    throw SeriesFault(fmt::format("column {} holds no whole number from 0 to 2^53", metric_.value));
  }

  const Rows& rows_;
  const SqlMetric& metric_;
  const RowBucket& shape_;
  std::size_t bound_;
  std::size_t count_;
  std::optional<std::size_t> sum_;
};

// Sorts the buckets and makes their counts cumulative. Throws SeriesFault.
void Accumulate(std::vector<Bucket>& buckets, const RowBucket& shape) {
  std::ranges::sort(buckets, {}, &Bucket::bound);
  if (std::ranges::adjacent_find(buckets, {}, &Bucket::bound) != buckets.end()) {
    throw SeriesFault(fmt::format("column {} has a bound of a series twice", shape.bound));
  }
  if (shape.cumulative) {
    if (std::ranges::is_sorted(buckets, {}, &Bucket::count)) return;
    throw SeriesFault("cumulative counts fall from one bound to the next");
  }
  std::uint64_t total = 0;
  for (Bucket& bucket : buckets) {
    total += bucket.count;
    if (total > kMostCounted) throw SeriesFault("more than 2^53 observations");
    bucket.count = total;
  }
}

// Throws SeriesFault.
Histogram HistogramOf(BucketGroup group, const RowBucket& shape) {
  if (!group.fault.empty()) throw SeriesFault(group.fault);
  Accumulate(group.buckets, shape);
  Histogram histogram;
  histogram.sample_count = group.buckets.back().count;
  const double unknown = histogram.sample_count == 0 ? 0 : std::nan("");
  histogram.sample_sum = group.sum.value_or(unknown);
  for (const Bucket& bucket : group.buckets) {
    // The bucket for infinity is the total, which every page shows.
    if (bucket.bound == kInfinity) continue;
    histogram.bucket.push_back({bucket.count, bucket.bound});
  }
  return histogram;
}

// Throws SeriesFault.
void AddUp(Histogram& to, const Histogram& from) {
  if (!std::ranges::equal(to.bucket, from.bucket, {},
                          &prometheus::ClientMetric::Bucket::upper_bound,
                          &prometheus::ClientMetric::Bucket::upper_bound)) {
    throw SeriesFault("series that differ only in NULL against an empty label have other bounds");
  }
  for (std::size_t i = 0; i < to.bucket.size(); ++i) {
    to.bucket[i].cumulative_count += from.bucket[i].cumulative_count;
  }
  to.sample_count += from.sample_count;
  to.sample_sum += from.sample_sum;
}

// The histograms of a result, and the series that are left out.
class Histograms {
 public:
  explicit Histograms(const SqlMetric& metric) : metric_(metric) {}

  void Add(BucketGroup group, const RowBucket& shape) {
    const Labels labels = group.labels;
    try {
      Histogram histogram = HistogramOf(std::move(group), shape);
      const auto [found, fresh] = by_labels_.try_emplace(labels, histogram);
      if (!fresh && found->second) AddUp(*found->second, histogram);
    } catch (const SeriesFault& fault) {
      by_labels_[labels] = std::nullopt;
      NoteBadRow(mapped_, metric_, fmt::format("a histogram is left out: {}", fault.what()));
    }
  }

  MappedSamples Take() && {
    for (auto& [labels, histogram] : by_labels_) {
      if (!histogram) {
        mapped_.nulls.push_back(labels);
        continue;
      }
      mapped_.samples.push_back(
          {labels, 0, std::make_shared<const Histogram>(*std::move(histogram))});
    }
    return std::move(mapped_);
  }

 private:
  const SqlMetric& metric_;
  MappedSamples mapped_;
  std::map<Labels, std::optional<Histogram>> by_labels_;
};

}  // namespace

MappedSamples MapShape(const Rows& rows, const SqlMetric& metric, const RowBucket& shape) {
  const BucketColumns columns(rows, metric, shape);
  const LabelColumns labels(rows, metric);
  std::map<Cells, BucketGroup> groups;
  for (const Cells& cells : rows.cells) {
    BucketGroup& group = groups[labels.RawOf(cells)];
    if (group.labels.empty()) group.labels = labels.Of(cells);
    try {
      columns.Read(cells, group);
    } catch (const SeriesFault& fault) {
      group.fault = fault.what();
    }
  }
  Histograms histograms(metric);
  for (auto& [raw, group] : groups) histograms.Add(std::move(group), shape);
  return std::move(histograms).Take();
}

}  // namespace collectors
