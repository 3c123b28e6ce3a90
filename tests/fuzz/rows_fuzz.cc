// Rows with any contents become a valid page in every shape of a metric. In each histogram the
// counts rise with the bounds.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/series/metric_series.h"
#include "collectors/series/row_mapping.h"
#include "exporter/labels/label_policy.h"
#include "tests/fuzz/require.h"
#include "tests/support/page_check.h"
#include "tests/support/taken.h"

namespace {

using collectors::MetricSeries;
using collectors::OnMissing;
using collectors::Rows;
using collectors::SqlMetric;
using prometheus::MetricType;

constexpr std::string_view kNull = "\\N";  // As in PostgreSQL's COPY.
constexpr std::array<const char*, 4> kColumns = {"label", "bound", "count", "total"};

// Takes the part before the next `separator` off the front of `text`.
std::string_view Take(std::string_view& text, char separator) {
  const std::string_view part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

// Each line is a row; tabs separate its cells. A missing cell is NULL.
Rows RowsOf(std::string_view text) {
  Rows rows;
  rows.columns.assign(kColumns.begin(), kColumns.end());
  while (!text.empty()) {
    std::string_view line = Take(text, '\n');
    auto& cells = rows.cells.emplace_back(kColumns.size());
    for (auto& cell : cells) {
      const bool is_null = line.empty() || line.substr(0, line.find('\t')) == kNull;
      const std::string_view taken = Take(line, '\t');
      if (!is_null) cell = std::string(taken);
    }
  }
  return rows;
}

SqlMetric Metric(std::string name, MetricType type, collectors::RowShape shape) {
  SqlMetric metric;
  metric.name = std::move(name);
  metric.type = type;
  metric.help = "Fuzzed.";
  metric.value = "count";
  metric.labels = {"label"};
  metric.shape = std::move(shape);
  return metric;
}

std::vector<SqlMetric> Metrics() {
  const std::set<std::string, std::less<>> taken = {"taken", "plain", "columns"};
  return {
      Metric("plain", MetricType::Gauge, collectors::RowSample()),
      Metric("columns", MetricType::Counter, collectors::ColumnSamples{{"bound", "total"}, "op"}),
      Metric("buckets", MetricType::Histogram, collectors::RowBucket{"bound", "total", false}),
      Metric("cumulative", MetricType::Histogram, collectors::RowBucket{"bound", "", true}),
      Metric("observed", MetricType::Histogram, collectors::RowObservation{{-1, 0, 0.5, 10}}),
      Metric("app_*", MetricType::Gauge, collectors::NamedSample{"label", "app_", taken})};
}

void RequireRising(const prometheus::ClientMetric::Histogram& histogram) {
  const prometheus::ClientMetric::Bucket* last = nullptr;
  for (const auto& bucket : histogram.bucket) {
    fuzz::Require(last == nullptr || (last->upper_bound < bucket.upper_bound &&
                                      last->cumulative_count <= bucket.cumulative_count),
                  "a histogram that does not rise");
    last = &bucket;
  }
  fuzz::Require(last == nullptr || last->cumulative_count <= histogram.sample_count,
                "a bucket above the total");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const Rows rows = RowsOf({reinterpret_cast<const char*>(bytes), size});
  const auto now = exporter::SteadyTime() + std::chrono::hours(1);
  exporter::FamilySet families;
  for (const SqlMetric& metric : Metrics()) {
    MetricSeries series(metric, {.on_missing = OnMissing::kZero});
    collectors::MappedSamples mapped = collectors::MapRows(rows, metric);
    for (const auto& sample : mapped.samples) {
      if (sample.histogram) RequireRising(*sample.histogram);
    }
    series.Found(std::move(mapped), now);
    series.Write(families, now);
    series.Found({}, now);
    exporter::FamilySet emptied;
    series.Write(emptied, now);
    families.Absorb(std::move(emptied), {{"then", "gone"}});
  }
  auto result = exporter::LabelPolicy().Apply(std::move(families).Take());
  const std::string page = exporter::testing::PageOf(std::move(result.families));
  const std::string problem = testing::PageProblem(page);
  fuzz::Require(problem.empty(), problem);
  return 0;
}
