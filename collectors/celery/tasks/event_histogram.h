#pragma once

#include <prometheus/client_metric.h>

#include <cstdint>
#include <vector>

namespace collectors {

// A histogram of durations. `bounds` are those of its family: in seconds, rising, and the same in
// every call.
class EventHistogram {
 public:
  void Observe(double seconds, const std::vector<double>& bounds);
  prometheus::ClientMetric::Histogram Write(const std::vector<double>& bounds) const;

 private:
  std::vector<std::uint64_t> counts_;  // Not cumulative; the last is above all bounds.
  double sum_ = 0;
};

}  // namespace collectors
