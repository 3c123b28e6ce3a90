#include "collectors/sql/metric_series.h"

#include <doctest/doctest.h>

#include "tests/support/scripted_sql.h"

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
