#pragma once

#include <prometheus/client_metric.h>
#include <prometheus/metric_type.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "exporter/seam/collector.h"
#include "exporter/seam/family_set.h"

namespace collectors {

// The shapes of a row say what it is to its metric. They refer to columns by name.

// The row is a sample.
struct RowSample {};

// The row is a sample for each of `columns`. The label `label` holds the column's name.
struct ColumnSamples {
  std::vector<std::string> columns;
  std::string label;
};

// The row is a bucket of a histogram: its upper bound, and the number of observations in it, or up
// to its bound if `cumulative`. The column `sum` holds the sum of the whole series, on any of its
// rows.
struct RowBucket {
  std::string bound;
  std::string sum;  // Empty if no column has it.
  bool cumulative = false;
};

// The row is an observation of a histogram with these upper bounds, which are finite and ascending.
struct RowObservation {
  std::vector<double> bounds;
};

// The row is a sample of the metric that it names: `prefix` plus the text of `column`.
// SqlMetric::name is then the prefix plus "*".
struct NamedSample {
  std::string column;
  std::string prefix;
  std::set<std::string, std::less<>> taken;  // Names of the collector's other metrics.
};

using RowShape = std::variant<RowSample, ColumnSamples, RowBucket, RowObservation, NamedSample>;

// How the rows of a statement become a metric.
struct SqlMetric {
  std::string name;
  prometheus::MetricType type = prometheus::MetricType::Gauge;
  std::string help;
  std::string value;                 // The column of the value, or of a bucket's count.
  std::vector<std::string> labels;   // The columns of the labels, which have their names.
  exporter::Labels constant_labels;  // On each sample.
  double factor = 1;  // From the column's unit to the metric's. Does not apply to counts.
  RowShape shape = {};
};

// A series of a histogram. Shared, because it is both remembered and shown.
using SqlHistogram = std::shared_ptr<const prometheus::ClientMetric::Histogram>;

// The label that holds a sample's own name if its metric has none, as in Prometheus itself. The
// configuration cannot use this name for a label.
inline constexpr std::string_view kNameLabel = "__name__";

struct Sample {
  exporter::Labels labels;  // kNameLabel comes first, if there is one.
  double value = 0;
  SqlHistogram histogram = nullptr;  // If set, replaces the value.
};

// What a metric found in the rows, and the first problem with them.
struct MappedSamples {
  std::vector<Sample> samples;
  std::vector<exporter::Labels> nulls;  // Series that exist, but have no value.
  std::optional<exporter::CollectError> problem;
};

// Returns the names that the metric's lines have on the page.
std::vector<std::string> LineNames(const SqlMetric& metric);

// Returns the series that a metric exports, with "*" for label values that only the rows determine.
// Empty for a metric that takes its name from the rows.
std::vector<exporter::SeriesId> ClaimsOf(const SqlMetric& metric);

}  // namespace collectors
