#include "collectors/series/observation_rows.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "collectors/series/row_mapping.h"
#include "tests/collectors/series/histograms.h"
#include "tests/support/capture.h"

namespace collectors {
namespace {

using exporter::ErrorKind;
using exporter::Labels;
using Row = std::vector<std::optional<std::string>>;

SqlMetric Size() {
  SqlMetric metric;
  metric.name = "size";
  metric.type = prometheus::MetricType::Histogram;
  metric.value = "bytes";
  metric.labels = {"org"};
  metric.shape = RowObservation{{1, 10}};
  return metric;
}

MappedSamples Map(std::vector<Row> cells, const SqlMetric& metric) {
  return MapRows({{"org", "bytes"}, std::move(cells)}, metric);
}

}  // namespace

TEST_CASE("observations are counted up to and including a bound") {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"0", "1:1 10:1 count 1 sum 0"},          {"1", "1:1 10:1 count 1 sum 1"},
      {"1.5", "1:0 10:1 count 1 sum 1.5"},      {"10", "1:0 10:1 count 1 sum 10"},
      {"11", "1:0 10:0 count 1 sum 11"},        {"-5", "1:1 10:1 count 1 sum -5"},
      {"Infinity", "1:0 10:0 count 1 sum inf"}, {"-Infinity", "1:1 10:1 count 1 sum -inf"},
      {"1e308", "1:0 10:0 count 1 sum 1e+308"}, {"t", "1:1 10:1 count 1 sum 1"},
  };
  for (const auto& [cell, shown] : table) {
    CAPTURE_BOUND(cell);
    const MappedSamples mapped = Map({{"a", cell}}, Size());
    CHECK_FALSE(mapped.problem);
    REQUIRE(mapped.samples.size() == 1);
    CHECK(Text(mapped.samples[0].histogram) == shown);
  }
}

TEST_CASE("rows are observations of their series, equal ones too, NULL is none") {
  const MappedSamples mapped = Map({{"a", "2"},
                                    {"b", "20"},
                                    {"a", "2"},
                                    {"a", std::nullopt},
                                    {std::nullopt, "1"},
                                    {"", "1"},
                                    {"c", std::nullopt}},
                                   Size());
  CHECK_FALSE(mapped.problem);
  REQUIRE(mapped.samples.size() == 3);
  CHECK(mapped.samples[0].labels == Labels{{"org", ""}});
  CHECK(Text(mapped.samples[0].histogram) == "1:2 10:2 count 2 sum 2");
  CHECK(Text(mapped.samples[1].histogram) == "1:0 10:2 count 2 sum 4");
  CHECK(Text(mapped.samples[2].histogram) == "1:0 10:0 count 1 sum 20");
  CHECK(mapped.nulls == std::vector<Labels>{{{"org", "c"}}});
}

TEST_CASE("an observation that is none costs its row, and a series with no other has no value") {
  for (const std::string bad : {"NaN", "s3cret", "", "\xff"}) {
    const MappedSamples mapped = Map({{"a", bad}, {"a", "2"}, {"b", bad}}, Size());
    REQUIRE(mapped.problem);
    CHECK(mapped.problem->kind() == ErrorKind::kQuery);
    CHECK(
        std::string(mapped.problem->what()) ==
        (bad == "NaN" ? "column bytes holds NaN" : "column bytes holds a text that is no number"));
    REQUIRE(mapped.samples.size() == 1);
    CHECK(Text(mapped.samples[0].histogram) == "1:0 10:1 count 1 sum 2");
    CHECK(mapped.nulls == std::vector<Labels>{{{"org", "b"}}});
  }
}

TEST_CASE("the bounds are in the unit of the metric") {
  SqlMetric metric = Size();
  metric.factor = 0.001;
  const MappedSamples mapped = Map({{"a", "5000"}}, metric);
  REQUIRE(mapped.samples.size() == 1);
  CHECK(Text(mapped.samples[0].histogram) == "1:0 10:1 count 1 sum 5");
}

TEST_CASE("more buckets than a million are none") {
  SqlMetric metric = Size();
  std::vector<double> bounds(99);
  for (std::size_t i = 0; i < bounds.size(); ++i) bounds[i] = static_cast<double>(i);
  metric.shape = RowObservation{bounds};
  std::vector<Row> rows;
  for (int i = 0; i < 10000; ++i) rows.push_back({std::to_string(i), "1"});
  CHECK_FALSE(Map(rows, metric).problem);
  rows.push_back({"one more", "1"});
  const MappedSamples mapped = Map(rows, metric);
  REQUIRE(mapped.problem);
  CHECK(mapped.problem->kind() == ErrorKind::kLimit);
  CHECK(mapped.samples.empty());
}

}  // namespace collectors
