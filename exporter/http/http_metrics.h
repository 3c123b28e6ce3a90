#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string>
#include <string_view>
#include <vector>

namespace exporter {

// How our own pages are asked for. Handlers are our routes and codes our
// answers, so the series are few. Safe from any thread.
class HttpMetrics {
 public:
  HttpMetrics();
  // An answer that was sent whole.
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
