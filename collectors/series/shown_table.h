#pragma once

#include <prometheus/metric_type.h>

#include <cstddef>
#include <span>
#include <string_view>

#include "collectors/clients/sql/rows.h"
#include "exporter/seam/collector.h"

namespace collectors {

// A value of PgBouncer's console that becomes a metric, found by the name of its column or row. If
// a version lacks that name, the metric is left out; additional names of a newer version are
// ignored.
struct ShownMetric {
  std::string_view column;  // For a ShownList: the name in its first column.
  std::string_view name;
  std::string_view help;
  prometheus::MetricType type = prometheus::MetricType::Gauge;
  double factor = 1;  // From PgBouncer's unit to the metric's.
};

// An answer with a row for each object, such as SHOW POOLS.
struct ShownTable {
  // Columns that become labels of the same name. The first `keys` of them identify a row: without
  // them there is nothing to show. The others may be missing; then their labels are empty.
  std::span<const std::string_view> labels;
  std::size_t keys;
  std::span<const ShownMetric> metrics;
};

// An answer with a row for each value, such as SHOW LISTS: its name and the value.
struct ShownList {
  std::string_view name_column;
  std::string_view value_column;
  std::span<const ShownMetric> metrics;
};

// Add an answer to the reading. NULL gives no sample. A value that is not a number gives no sample
// and a problem of kind kProtocol. Throw CollectError kProtocol if a needed column is missing.
void AddTable(const ShownTable& table, const Rows& rows, exporter::Reading& reading);
void AddList(const ShownList& list, const Rows& rows, exporter::Reading& reading);

// Returns the index of a column. Throws CollectError kProtocol if it is missing.
std::size_t NeededColumn(const Rows& rows, std::string_view name);

}  // namespace collectors
