#include "collectors/series/metric_series.h"

#include <doctest/doctest.h>

#include "tests/collectors/series/histograms.h"
#include "tests/support/scripted_sql.h"
#include "tests/support/taken.h"

namespace collectors {
namespace {

using exporter::FamilySet;
using exporter::SteadyTime;
using std::chrono::seconds;
using Shown = std::vector<std::pair<std::string, double>>;

const SteadyTime kStart = SteadyTime() + seconds(1000);

MetricSeries Series(OnMissing on_missing, std::size_t max_series = 10) {
  SqlMetric metric;
  metric.name = "tasks";
  metric.labels = {"status"};
  SeriesRules rules;
  rules.on_missing = on_missing;
  rules.stale_after = seconds(30);
  rules.max_series = max_series;
  return {metric, rules};
}

MappedSamples Found(const Shown& samples) {
  MappedSamples found;
  for (const auto& [status, value] : samples)
    found.samples.push_back({{{"status", status}}, value});
  return found;
}

Shown ShownAt(const MetricSeries& series, SteadyTime now) {
  FamilySet families;
  series.Write(families, now);
  return SamplesOf(std::move(families), "tasks");
}

}  // namespace

TEST_CASE("a series that is gone is dropped, zero, or kept") {
  const std::vector<std::pair<OnMissing, Shown>> table = {
      {OnMissing::kDrop, {{"done", 3}}},
      {OnMissing::kZero, {{"done", 3}, {"open", 0}}},
      {OnMissing::kKeep, {{"done", 3}, {"open", 7}}},
  };
  for (const auto& [on_missing, shown] : table) {
    MetricSeries series = Series(on_missing);
    series.Found(Found({{"open", 7}, {"done", 2}}), kStart);
    series.Found(Found({{"done", 3}}), kStart + seconds(10));
    CHECK(ShownAt(series, kStart + seconds(10)) == shown);
  }
}

TEST_CASE("a series whose value is NULL is not gone, so it is no zero") {
  MetricSeries series = Series(OnMissing::kZero);
  series.Found(Found({{"open", 7}}), kStart);
  MappedSamples null;
  null.nulls = {{{"status", "open"}}};
  series.Found(null, kStart);
  CHECK(ShownAt(series, kStart).empty());
}

TEST_CASE("an answer without the column leaves the last samples until they are stale") {
  MetricSeries series = Series(OnMissing::kZero);
  series.Found(Found({{"open", 7}}), kStart);
  MappedSamples missing;
  missing.problem = exporter::CollectError(exporter::ErrorKind::kMissing, "no column");
  series.Found(missing, kStart);
  CHECK(ShownAt(series, kStart) == Shown{{"open", 7}});
  CHECK(ShownAt(series, kStart + seconds(30)).empty());
}

TEST_CASE("what is remembered has a bound") {
  MetricSeries series = Series(OnMissing::kZero, 1);
  series.Found(Found({{"a", 1}, {"b", 2}}), kStart);
  series.Found(Found({}), kStart);
  CHECK(ShownAt(series, kStart) == Shown{{"a", 0}});
}

TEST_CASE("a histogram that is gone is one of zeros, or kept") {
  const std::vector<std::pair<OnMissing, std::string>> table = {
      {OnMissing::kZero, "1:0 5:0 count 0 sum 0"},
      {OnMissing::kKeep, "1:2 5:3 count 4 sum 9"},
  };
  for (const auto& [on_missing, shown] : table) {
    SqlMetric metric;
    metric.name = "wait";
    metric.type = prometheus::MetricType::Histogram;
    // Lines for +Inf, _sum, _count and each bound: a second series does not fit.
    MetricSeries series(metric, {on_missing, seconds(30), false, 9});
    MappedSamples found;
    const prometheus::ClientMetric::Histogram histogram{4, 9, {{2, 1}, {3, 5}}};
    for (const char* const queue : {"a", "b"}) {
      found.samples.push_back(
          {{{"queue", queue}},
           0,
           std::make_shared<const prometheus::ClientMetric::Histogram>(histogram)});
    }
    series.Found(found, kStart);
    series.Found({}, kStart);
    FamilySet families;
    series.Write(families, kStart);
    const auto taken = exporter::testing::TakenFrom(std::move(families));
    REQUIRE(taken.size() == 1);
    REQUIRE(taken[0].family.metric.size() == 1);
    CHECK(taken[0].family.type == prometheus::MetricType::Histogram);
    CHECK(Text(std::make_shared<const prometheus::ClientMetric::Histogram>(
              taken[0].family.metric[0].histogram)) == shown);
  }
}

TEST_CASE("a named sample is in the family of its name, and is dropped, zero or kept as others") {
  SqlMetric metric;
  metric.name = "app_*";
  metric.type = prometheus::MetricType::Counter;
  metric.help = "H.";
  metric.shape = NamedSample{};
  MetricSeries series(metric, {OnMissing::kZero, seconds(30), false, 10});
  MappedSamples found;
  found.samples = {{{{"__name__", "app_a"}, {"x", "1"}}, 3}, {{{"__name__", "app_b"}}, 4}};
  series.Found(found, kStart);
  found.samples.pop_back();
  series.Found(found, kStart);
  FamilySet families;
  series.Write(families, kStart);
  const auto taken = exporter::testing::TakenFrom(std::move(families));
  REQUIRE(taken.size() == 2);
  CHECK(taken[0].family.name == "app_a");
  CHECK(taken[0].family.help == "H.");
  CHECK(taken[0].family.metric[0].counter.value == 3);
  REQUIRE(taken[0].family.metric[0].label.size() == 1);
  CHECK(taken[0].family.metric[0].label[0].name == "x");
  CHECK(taken[1].family.name == "app_b");
  CHECK(taken[1].family.metric[0].counter.value == 0);
}

TEST_CASE("what was withdrawn is not shown, and is found again") {
  MetricSeries series = Series(OnMissing::kDrop);
  series.Found(Found({{"open", 7}}), kStart);
  series.Withdraw();
  CHECK(ShownAt(series, kStart).empty());
  series.Found(Found({{"open", 8}}), kStart);
  CHECK(ShownAt(series, kStart) == Shown{{"open", 8}});
}

TEST_CASE("the last answer is shown until it is stale") {
  MetricSeries series = Series(OnMissing::kDrop);
  series.Found(Found({{"open", 7}}), kStart);
  CHECK(ShownAt(series, kStart + seconds(29)) == Shown{{"open", 7}});
  CHECK(ShownAt(series, kStart + seconds(30)).empty());
}

TEST_CASE("an answer of an earlier run brings its own expiry, a fresh one the collector's") {
  MetricSeries series = Series(OnMissing::kDrop);
  series.Found(Found({{"open", 7}}), kStart);
  FamilySet fresh;
  series.Write(fresh, kStart);
  CHECK_FALSE(std::move(fresh).Take().at(0).expires_at);
  FamilySet later;
  series.Write(later, kStart + seconds(10));
  CHECK(std::move(later).Take().at(0).expires_at == kStart + seconds(30));
}

}  // namespace collectors
