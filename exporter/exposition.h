#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <string_view>
#include <vector>

namespace exporter {

inline constexpr char kTextContentType[] = "text/plain; version=0.0.4; charset=utf-8";

// One line of the page as it leaves a metric: `NAME` + suffix, the metric's
// labels and, of a histogram or a summary, one label more.
struct SampleLine {
  std::string_view suffix;      // "", "_bucket", "_sum", "_count"
  std::string_view extra_name;  // "", "le", "quantile"
  std::string extra_value;
  double value = 0;
};

// The lines of a metric, in the order of the page; a histogram always ends with
// the bucket +Inf, _sum and _count, a summary with _sum and _count.
std::vector<SampleLine> LinesOf(prometheus::MetricType type,
                                const prometheus::ClientMetric& metric);

// The shortest text that reads back as the same number: "15", "0.1", "1e+30",
// "+Inf", "-Inf", "NaN".
void AppendNumber(std::string& out, double value);

// "# HELP" and "# TYPE" of a family, in the text format 0.0.4.
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
void AppendHeader(std::string& out, const prometheus::MetricFamily& family);
// The lines of a metric of that family. Its labels are rendered in their order.
void AppendMetric(std::string& out, const prometheus::MetricFamily& family,
                  const prometheus::ClientMetric& metric);
// Header and metrics.
void AppendFamily(std::string& out, const prometheus::MetricFamily& family);

}  // namespace exporter
