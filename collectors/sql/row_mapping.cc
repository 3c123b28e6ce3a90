#include "collectors/sql/row_mapping.h"

#include <fmt/format.h>

#include <set>

#include "collectors/sql/bucket_rows.h"
#include "collectors/sql/named_rows.h"
#include "collectors/sql/observation_rows.h"
#include "collectors/sql/sample_rows.h"

namespace collectors {

void DropRepeated(MappedSamples& mapped, const std::string& metric) {
  std::set<exporter::Labels> seen;
  const std::size_t repeated = std::erase_if(
      mapped.samples, [&](const Sample& sample) { return !seen.insert(sample.labels).second; });
  if (repeated == 0 || mapped.problem) return;
  mapped.problem = exporter::CollectError(
      exporter::ErrorKind::kQuery,
      fmt::format("{} rows have the labels of an earlier one, and are left out: group by the "
                  "labels, or give the metric more of them",
                  repeated),
      metric);
}

MappedSamples MapRows(const Rows& rows, const SqlMetric& metric) {
  try {
    return std::visit([&](const auto& shape) { return MapShape(rows, metric, shape); },
                      metric.shape);
  } catch (const exporter::CollectError& error) {
    return {{}, {}, error};
  }
}

}  // namespace collectors
