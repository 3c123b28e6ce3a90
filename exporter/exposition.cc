#include "exporter/exposition.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace exporter {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

std::string_view TypeName(MetricType type) {
  switch (type) {
    case MetricType::Counter:
      return "counter";
    case MetricType::Gauge:
      return "gauge";
    case MetricType::Summary:
      return "summary";
    case MetricType::Histogram:
      return "histogram";
    default:
      return "untyped";
  }
}

void AppendEscaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

std::string NumberText(double value) {
  std::string text;
  AppendNumber(text, value);
  return text;
}

std::vector<SampleLine> HistogramLines(const ClientMetric::Histogram& histogram) {
  std::vector<SampleLine> lines;
  bool has_infinity = false;
  for (const auto& bucket : histogram.bucket) {
    lines.push_back({"_bucket", "le", NumberText(bucket.upper_bound),
                     static_cast<double>(bucket.cumulative_count)});
    has_infinity = bucket.upper_bound == std::numeric_limits<double>::infinity();
  }
  const auto count = static_cast<double>(histogram.sample_count);
  if (!has_infinity) lines.push_back({"_bucket", "le", "+Inf", count});
  lines.push_back({"_sum", "", "", histogram.sample_sum});
  lines.push_back({"_count", "", "", count});
  return lines;
}

std::vector<SampleLine> SummaryLines(const ClientMetric::Summary& summary) {
  std::vector<SampleLine> lines;
  for (const auto& quantile : summary.quantile)
    lines.push_back({"", "quantile", NumberText(quantile.quantile), quantile.value});
  lines.push_back({"_sum", "", "", summary.sample_sum});
  lines.push_back({"_count", "", "", static_cast<double>(summary.sample_count)});
  return lines;
}

double SimpleValue(MetricType type, const ClientMetric& metric) {
  if (type == MetricType::Counter) return metric.counter.value;
  return type == MetricType::Untyped ? metric.untyped.value : metric.gauge.value;
}

void AppendLabel(std::string& out, char before, std::string_view name, std::string_view value) {
  out += before;
  out.append(name).append("=\"");
  AppendEscaped(out, value, /*quotes=*/true);
  out += '"';
}

void AppendLine(std::string& out, std::string_view name, const ClientMetric& metric,
                const SampleLine& line) {
  out.append(name).append(line.suffix);
  char before = '{';
  for (const auto& label : metric.label) {
    AppendLabel(out, before, label.name, label.value);
    before = ',';
  }
  if (!line.extra_name.empty()) {
    AppendLabel(out, before, line.extra_name, line.extra_value);
    before = ',';
  }
  out += before == ',' ? "} " : " ";
  AppendNumber(out, line.value);
  out += '\n';
}

}  // namespace

std::vector<SampleLine> LinesOf(MetricType type, const ClientMetric& metric) {
  if (type == MetricType::Histogram) return HistogramLines(metric.histogram);
  if (type == MetricType::Summary) return SummaryLines(metric.summary);
  return {{"", "", "", SimpleValue(type, metric)}};
}

void AppendNumber(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    std::array<char, 32> digits;
    // Shortest that reads back the same; exact integers without an exponent as
    // far as a double counts them all, and small numbers as long as Go writes
    // them so: they are bounds of buckets, and a label is compared as text.
    const double size = std::abs(value);
    const bool whole = size < 9007199254740992.0 && value == std::trunc(value);
    const bool fixed = whole || (size >= 1e-4 && size < 1);
    const auto end = fixed ? std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                           std::chars_format::fixed)
                           : std::to_chars(digits.data(), digits.data() + digits.size(), value);
    out.append(digits.data(), end.ptr);
  }
}

void AppendHeader(std::string& out, const MetricFamily& family) {
  if (!family.help.empty()) {
    out.append("# HELP ").append(family.name) += ' ';
    AppendEscaped(out, family.help, /*quotes=*/false);
    out += '\n';
  }
  out.append("# TYPE ").append(family.name) += ' ';
  out.append(TypeName(family.type)) += '\n';
}

void AppendMetric(std::string& out, const MetricFamily& family, const ClientMetric& metric) {
  if (family.type == MetricType::Histogram || family.type == MetricType::Summary) {
    for (const SampleLine& line : LinesOf(family.type, metric))
      AppendLine(out, family.name, metric, line);
  } else {
    AppendLine(out, family.name, metric, {"", "", "", SimpleValue(family.type, metric)});
  }
}

void AppendFamily(std::string& out, const MetricFamily& family) {
  AppendHeader(out, family);
  for (const ClientMetric& metric : family.metric) AppendMetric(out, family, metric);
}

}  // namespace exporter
