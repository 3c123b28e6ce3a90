#pragma once

#include <prometheus/metric_type.h>

#include <cstddef>
#include <span>
#include <string_view>

#include "collectors/clients/sql/rows.h"
#include "exporter/seam/collector.h"

namespace collectors {

// What of PgBouncer's console becomes a metric, by the name of its column or
// row, so that one that a version lacks leaves its metric out, and one that a
// newer version has more costs nothing.
struct ShownMetric {
  std::string_view column;  // Of a list: what its first column says.
  std::string_view name;
  std::string_view help;
  prometheus::MetricType type = prometheus::MetricType::Gauge;
  double factor = 1;  // From PgBouncer's unit to the metric's.
};

// An answer with a row for each thing that it tells of, as SHOW POOLS.
struct ShownTable {
  // Columns that become labels of the same name. The first `keys` of them tell
  // the rows apart: without them there is nothing to show. Others may be missing,
  // and then are empty.
  std::span<const std::string_view> labels;
  std::size_t keys;
  std::span<const ShownMetric> metrics;
};

// An answer with a row for each value, as SHOW LISTS: its name and the value.
struct ShownList {
  std::string_view name_column;
  std::string_view value_column;
  std::span<const ShownMetric> metrics;
};

// NULL is no sample. A value that is no number costs itself alone and is a
// problem of kind kProtocol; so is an answer without the columns that it needs.
void AddTable(const ShownTable& table, const Rows& rows, exporter::Reading& reading);
void AddList(const ShownList& list, const Rows& rows, exporter::Reading& reading);

// The index of a column. Throws CollectError kProtocol where there is none.
std::size_t NeededColumn(const Rows& rows, std::string_view name);

}  // namespace collectors
