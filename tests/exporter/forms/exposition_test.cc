#include "exporter/forms/exposition.h"

#include <doctest/doctest.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "exporter/seam/family_set.h"

namespace exporter {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string NumberOf(double value) {
  std::string text;
  AppendNumber(text, value);
  return text;
}

std::string Rendered(FamilySet set) {
  std::string text;
  for (const TimedFamily& timed : std::move(set).Take()) AppendText(text, timed.family);
  return text;
}

}  // namespace

TEST_CASE("a number is the shortest text of its value, spelled as Prometheus does") {
  struct Case {
    double value;
    std::string text;
  };
  const Case cases[] = {
      {0, "0"},
      {-0.0, "-0"},
      {15, "15"},
      {-3, "-3"},
      {0.1, "0.1"},
      {0.0001, "0.0001"},  // As Go: a bucket's bound is a label.
      {0.00025, "0.00025"},
      {0.00001, "1e-05"},
      {0.30000000000000004, "0.30000000000000004"},
      {1000000, "1000000"},
      {1795240000.25, "1795240000.25"},
      {9007199254740991.0, "9007199254740991"},  // The last that a double counts.
      {18446744073709551615.0, "18446744073709551616"},
      {1e30, "1e+30"},
      {1e-9, "1e-09"},
      {5e-324, "5e-324"},
      {std::numeric_limits<double>::max(), "1.7976931348623157e+308"},
      {kInfinity, "+Inf"},
      {-kInfinity, "-Inf"},
      {std::nan(""), "NaN"},
      {-std::nan(""), "NaN"},
  };
  for (const Case& one : cases) CHECK(NumberOf(one.value) == one.text);
}

TEST_CASE("every finite number reads back as itself") {
  // Steps through the exponents, with mantissas that need all digits.
  for (int exponent = -1074; exponent <= 1023; exponent += 7) {
    for (const double mantissa : {1.0, 1.1, 4.0 / 3, -1.9999999999999998}) {
      const double value = std::ldexp(mantissa, exponent);
      const std::string text = NumberOf(value);
      double read = 0;
      const auto end = std::from_chars(text.data(), text.data() + text.size(), read);
      INFO(text);
      CHECK(end.ptr == text.data() + text.size());
      CHECK(read == value);
    }
  }
}

TEST_CASE("HELP escapes backslash and newline, a label value the quote besides") {
  FamilySet set;
  set.Gauge("x", "a \\ b \"c\"\nd").Add({{"l", "a \\ b \"c\"\nd é"}}, 1);
  CHECK(Rendered(std::move(set)) ==
        "# HELP x a \\\\ b \"c\"\\nd\n"
        "# TYPE x gauge\n"
        "x{l=\"a \\\\ b \\\"c\\\"\\nd é\"} 1\n");
}

TEST_CASE("each type has its name, and no HELP line where there is no help") {
  FamilySet set;
  set.Counter("c_total", "").Add(1);
  set.Gauge("g", "").Add(2);
  set.Open(MetricType::Untyped, "u", "").Add(3);
  CHECK(Rendered(std::move(set)) ==
        "# TYPE c_total counter\nc_total 1\n"
        "# TYPE g gauge\ng 2\n"
        "# TYPE u untyped\nu 3\n");
}

TEST_CASE("a histogram ends with the bucket +Inf, its sum and its count") {
  ClientMetric::Histogram histogram;
  histogram.bucket = {{1, 0.5}, {3, 1}};
  histogram.sample_count = 4;
  histogram.sample_sum = 7.5;
  FamilySet set;
  set.Open(MetricType::Histogram, "h", "").Add({{"l", "v"}}, histogram);
  CHECK(Rendered(std::move(set)) ==
        "# TYPE h histogram\n"
        "h_bucket{l=\"v\",le=\"0.5\"} 1\n"
        "h_bucket{l=\"v\",le=\"1\"} 3\n"
        "h_bucket{l=\"v\",le=\"+Inf\"} 4\n"
        "h_sum{l=\"v\"} 7.5\n"
        "h_count{l=\"v\"} 4\n");
}

TEST_CASE("a bucket +Inf that a histogram has is not written twice") {
  ClientMetric::Histogram histogram;
  histogram.bucket = {{2, kInfinity}};
  histogram.sample_count = 2;
  FamilySet set;
  set.Open(MetricType::Histogram, "h", "").Add({}, histogram);
  CHECK(Rendered(std::move(set)) ==
        "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 2\nh_sum 0\nh_count 2\n");
}

TEST_CASE("a summary has its quantiles, which may be NaN") {
  ClientMetric::Summary summary;
  summary.quantile = {{0.5, 0.2}, {0.99, std::nan("")}};
  summary.sample_count = 2;
  summary.sample_sum = 0.4;
  FamilySet set;
  set.Open(MetricType::Summary, "s", "").Add({}, summary);
  CHECK(Rendered(std::move(set)) ==
        "# TYPE s summary\n"
        "s{quantile=\"0.5\"} 0.2\n"
        "s{quantile=\"0.99\"} NaN\n"
        "s_sum 0.4\n"
        "s_count 2\n");
}

TEST_CASE("what the text format lacks is left out, and a timestamp is in milliseconds") {
  FamilySet set;
  SampleExtras extras;
  extras.created_unix_seconds = 1.5;
  extras.timestamp_ms = 1795240000123;
  extras.exemplars = {{0, Exemplar{{{"trace_id", "abc"}}, 2, 3.5}}};
  set.Counter("c_total", "").Add({{"l", "v"}}, 2).Extend(extras);
  CHECK(Rendered(std::move(set)) == "# TYPE c_total counter\nc_total{l=\"v\"} 2 1795240000123\n");
}

TEST_CASE("types that the text format does not know are written as those that it knows") {
  FamilySet set;
  set.Open(FamilyType::kInfo, "build_info", "").Add(1);
  set.Open(FamilyType::kStateSet, "state", "").Add({{"state", "a"}}, 1);
  set.Open(FamilyType::kGaugeHistogram, "g", "").Add({}, HistogramValue{{{1, 2}}, 3, 4});
  CHECK(Rendered(std::move(set)) ==
        "# TYPE build_info gauge\nbuild_info 1\n"
        "# TYPE state gauge\nstate{state=\"a\"} 1\n"
        "# TYPE g histogram\ng_bucket{le=\"1\"} 2\ng_bucket{le=\"+Inf\"} 4\ng_sum 3\ng_count 4\n");
}

}  // namespace exporter
