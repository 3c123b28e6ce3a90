#include "collectors/celery/tasks/event_histogram.h"

#include <algorithm>

namespace collectors {

void EventHistogram::Observe(double seconds, const std::vector<double>& bounds) {
  counts_.resize(bounds.size() + 1);
  const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin();
  ++counts_[static_cast<std::size_t>(bucket)];
  sum_ += seconds;
}

prometheus::ClientMetric::Histogram EventHistogram::Write(const std::vector<double>& bounds) const {
  prometheus::ClientMetric::Histogram histogram;
  histogram.sample_sum = sum_;
  histogram.bucket.reserve(bounds.size());
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    histogram.sample_count += counts_[i];
    if (i < bounds.size()) histogram.bucket.push_back({histogram.sample_count, bounds[i]});
  }
  return histogram;
}

}  // namespace collectors
