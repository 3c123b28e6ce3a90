#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "collectors/series/sql_metric.h"

namespace collectors {

// The metrics of a collector: each name under one type, each series of one
// metric alone.
class MetricNames {
 public:
  // What is wrong with one more metric; empty when nothing is.
  std::string Add(const SqlMetric& metric);

  // The names that no row may give: those of the metrics that have one.
  const std::set<std::string, std::less<>>& taken() const { return taken_; }

 private:
  std::string AddNamed(const SqlMetric& metric, const std::string& prefix);
  bool AddSeries(const SqlMetric& metric);

  std::map<std::string, prometheus::MetricType> types_;
  std::map<std::string, std::string> owners_;  // Of a line's name, as x_sum: the metric.
  std::set<std::string, std::less<>> taken_;
  std::map<std::string, prometheus::MetricType> prefixes_;  // Of rows that name their metrics.
  std::set<std::tuple<std::string, exporter::Labels, std::set<std::string>>> series_;
};

}  // namespace collectors
