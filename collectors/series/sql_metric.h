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

// What a row is to its metric. Columns are meant by name.

// A sample.
struct RowSample {};

// A sample for each of `columns`, told apart by `label`, whose values are the
// columns' names.
struct ColumnSamples {
  std::vector<std::string> columns;
  std::string label;
};

// A bucket of a histogram: its upper bound, and the observations in it, or up to
// it where `cumulative`. `sum` is that of the whole series, on any of its rows.
struct RowBucket {
  std::string bound;
  std::string sum;  // Empty where no column has it.
  bool cumulative = false;
};

// One observation of a histogram with these upper bounds, finite and rising.
struct RowObservation {
  std::vector<double> bounds;
};

// A sample of the metric that the row names: `prefix` and the text of `column`.
// SqlMetric::name is the prefix with a * then.
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
  std::vector<std::string> labels;   // The columns of the labels, which bear their names.
  exporter::Labels constant_labels;  // On each sample.
  double factor = 1;                 // From the column's unit to the metric's; counts have none.
  RowShape shape = {};
};

// A series of a histogram; shared, as it is remembered and shown.
using SqlHistogram = std::shared_ptr<const prometheus::ClientMetric::Histogram>;

// The label that holds a sample's own name where its metric has none, as in
// Prometheus itself. No configuration can name a label so.
inline constexpr std::string_view kNameLabel = "__name__";

struct Sample {
  exporter::Labels labels;  // kNameLabel first, where there is one.
  double value = 0;
  SqlHistogram histogram = nullptr;  // Instead of the value.
};

// What a metric found in the rows, and what kept it from more.
struct MappedSamples {
  std::vector<Sample> samples;
  std::vector<exporter::Labels> nulls;  // Series that are there, with no value.
  std::optional<exporter::CollectError> problem;
};

// The names that the metric's lines have on the page.
std::vector<std::string> LineNames(const SqlMetric& metric);

// The series that a metric exports whatever it finds, "*" for a label's value
// that only the rows know. None for a metric whose name only the rows know.
std::vector<exporter::SeriesId> ClaimsOf(const SqlMetric& metric);

}  // namespace collectors
