#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string>
#include <string_view>
#include <vector>

namespace exporter {

// Metrics of the requests to our own pages. Handlers are our routes and codes our answers, so there
// are few series. Safe from any thread.
class HttpMetrics {
 public:
  HttpMetrics();
  // An answer was sent completely.
  void Observe(std::string_view handler, int code, double seconds);
  void CountCut(std::string_view reason);
  void CountNotAccepted(std::string_view reason);
  std::vector<prometheus::MetricFamily> Collect() const { return registry_.Collect(); }

 private:
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& durations_;
  prometheus::Family<prometheus::Counter>& cut_;
  prometheus::Family<prometheus::Counter>& not_accepted_;
};

}  // namespace exporter
