#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "collectors/series/sql_metric.h"

namespace collectors {

// The metrics of a collector. Checks that each name has one type, and that each series belongs to
// one metric.
class MetricNames {
 public:
  // Adds a metric. Returns what is wrong with it, or "".
  std::string Add(const SqlMetric& metric);

  // The names that rows must not give to their metrics: those of all metrics with a fixed name.
  const std::set<std::string, std::less<>>& taken() const { return taken_; }

 private:
  std::string AddNamed(const SqlMetric& metric, const std::string& prefix);
  bool AddSeries(const SqlMetric& metric);

  std::map<std::string, prometheus::MetricType> types_;
  // Maps the name of a line, such as x_sum, to its metric.
  std::map<std::string, std::string> owners_;
  std::set<std::string, std::less<>> taken_;
  // Of metrics that take their names from rows.
  std::map<std::string, prometheus::MetricType> prefixes_;
  std::set<std::tuple<std::string, exporter::Labels, std::set<std::string>>> series_;
};

}  // namespace collectors
