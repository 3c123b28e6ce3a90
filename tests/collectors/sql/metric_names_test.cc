#include "collectors/sql/metric_names.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace collectors {
namespace {

using prometheus::MetricType;

SqlMetric Plain(const std::string& name, MetricType type = MetricType::Gauge,
                std::vector<std::string> labels = {}) {
  SqlMetric metric;
  metric.name = name;
  metric.type = type;
  metric.labels = std::move(labels);
  return metric;
}

SqlMetric Named(const std::string& prefix, MetricType type = MetricType::Gauge,
                exporter::Labels constant = {}) {
  SqlMetric metric = Plain(prefix + "*", type);
  metric.shape = NamedSample{"name", prefix, {}};
  metric.constant_labels = std::move(constant);
  return metric;
}

SqlMetric Columns(const std::string& name, const std::string& label) {
  SqlMetric metric = Plain(name);
  metric.shape = ColumnSamples{{"a"}, label};
  return metric;
}

}  // namespace

TEST_CASE("two metrics of a collector may not be one") {
  struct Case {
    SqlMetric first;
    SqlMetric second;
    std::string says;
  };
  constexpr MetricType kHistogram = MetricType::Histogram;
  const std::vector<Case> table = {
      {Plain("a"), Plain("b"), ""},
      {Plain("a"), Plain("a"), "a is there twice"},
      {Plain("a"), Plain("a", MetricType::Gauge, {"x"}), ""},
      {Plain("a"), Columns("a", "x"), ""},
      {Columns("a", "x"), Columns("a", "x"), "a is there twice"},
      {Plain("a"), Plain("a", MetricType::Counter), "a is a gauge in one place and a counter"},
      {Plain("a", MetricType::Untyped), Plain("a", kHistogram), "a is untyped in one place and a"},
      {Plain("a", kHistogram), Plain("a_sum"), "the histogram a has a_sum too"},
      {Plain("a_count"), Plain("a", kHistogram), "the histogram a has a_count too"},
      {Plain("a", kHistogram), Plain("a_bucket", kHistogram), "the histogram a has a_bucket too"},
      {Plain("a", kHistogram), Plain("a_summary"), ""},
      {Named("a_"), Plain("a_x"), ""},  // A row with that name is left out.
      {Named("a_"), Named("b_"), ""},
      {Named("a_"), Named("a_"), "a_* is there twice"},
      {Named("a_"), Named("a_", MetricType::Gauge, {{"x", "y"}}), ""},
      {Named("a_"), Named("a_", MetricType::Counter, {{"x", "y"}}), "may give one name"},
      {Named("a_"), Named("a_b_"), "a_* and a_b_* may give one name to two metrics"},
      {Named("a_"), Named(""), "a_* and * may give one name to two metrics"},
  };
  for (const Case& one : table) {
    CAPTURE(one.first.name);
    CAPTURE(one.second.name);
    MetricNames names;
    CHECK(names.Add(one.first).empty());
    const std::string said = names.Add(one.second);
    CHECK(said.empty() == one.says.empty());
    CHECK(said.find(one.says) != std::string::npos);
  }
}

TEST_CASE("no row may give the name of a line of another metric") {
  MetricNames names;
  names.Add(Plain("a", MetricType::Histogram));
  names.Add(Plain("b"));
  names.Add(Named("c_"));
  CHECK(names.taken() ==
        std::set<std::string, std::less<>>{"a", "a_bucket", "a_count", "a_sum", "b"});
}

TEST_CASE("a metric claims what it may export, a name that only rows know it cannot") {
  using exporter::Labels;
  SqlMetric labelled = Plain("a", MetricType::Gauge, {"x"});
  labelled.constant_labels = {{"c", "d"}};
  REQUIRE(ClaimsOf(labelled).size() == 1);
  CHECK(ClaimsOf(labelled)[0].labels == Labels{{"c", "d"}, {"x", "*"}});

  SqlMetric columns = Columns("a", "op");
  columns.shape = ColumnSamples{{"read", "write"}, "op"};
  REQUIRE(ClaimsOf(columns).size() == 2);
  CHECK(ClaimsOf(columns)[1].labels == Labels{{"op", "write"}});

  const auto histogram = ClaimsOf(Plain("h", MetricType::Histogram));
  REQUIRE(histogram.size() == 4);
  CHECK(histogram[1].name == "h_bucket");
  CHECK(histogram[1].labels == Labels{{"le", "*"}});
  CHECK(histogram[3].name == "h_sum");
  CHECK(histogram[3].labels.empty());

  CHECK(ClaimsOf(Named("a_")).empty());
}

}  // namespace collectors
