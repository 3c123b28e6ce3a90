#pragma once

#include <prometheus/metric_type.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/clients/rows.h"
#include "exporter/collector.h"
#include "exporter/family_set.h"

namespace collectors {

// How the rows of a statement become a metric: a row a sample.
struct SqlMetric {
  std::string name;
  prometheus::MetricType type = prometheus::MetricType::Gauge;
  std::string help;
  std::string value;                 // The column of the value.
  std::vector<std::string> labels;   // The columns of the labels, which bear their names.
  exporter::Labels constant_labels;  // On each sample.
  double factor = 1;                 // From the column's unit to the metric's.
};

struct Sample {
  exporter::Labels labels;
  double value = 0;
};

// What a metric found in the rows, and what kept it from more.
struct MappedSamples {
  std::vector<Sample> samples;
  std::vector<exporter::Labels> nulls;  // Series that are there, with no value.
  std::optional<exporter::CollectError> problem;
};

// Columns are found by name; one too many is ignored, a missing one is a
// problem of kind kMissing and leaves no sample. A NULL value is no sample, a
// NULL label is empty. A value that is no number costs its own row: the rest is
// there, with a problem of kind kQuery, which does not quote the value.
MappedSamples MapRows(const Rows& rows, const SqlMetric& metric);

// A number as PostgreSQL and SQLite write it: also NaN, Infinity and -Infinity,
// and t, f, true, false as 1 and 0. Absent where it is none.
std::optional<double> ParseSqlNumber(std::string_view text);

// A label's value from a cell: NULL is empty, bytes that are not UTF-8 (from a
// database in SQL_ASCII) become U+FFFD.
std::string LabelValue(const std::optional<std::string>& cell);

// The index of a column; absent where there is none of that name.
std::optional<std::size_t> FindColumn(const Rows& rows, std::string_view name);

}  // namespace collectors
