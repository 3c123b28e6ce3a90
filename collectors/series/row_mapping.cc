#include "collectors/series/row_mapping.h"

#include <fmt/format.h>

#include <set>

#include "collectors/series/bucket_rows.h"
#include "collectors/series/named_rows.h"
#include "collectors/series/observation_rows.h"
#include "collectors/series/row_cells.h"
#include "collectors/series/sample_rows.h"

namespace collectors {
namespace {

// Bounds long label texts, because each exists many times: in the last reading and the next one,
// and in pages that are being read and built.
constexpr std::size_t kMaxLongTexts = std::size_t{4} << 20;
constexpr std::size_t kLongText = 128;

void ExpectShortLabels(const Rows& rows, const SqlMetric& metric) {
  std::size_t bytes = 0;
  for (const std::string& label : metric.labels) {
    const std::optional<std::size_t> column = FindColumn(rows, label);
    if (!column) continue;  // Reported elsewhere.
    for (const Cells& cells : rows.cells) {
      const auto& cell = cells[*column];
      if (cell && cell->size() > kLongText) bytes += cell->size();
    }
  }
  if (bytes <= kMaxLongTexts) return;
  throw exporter::CollectError(
      exporter::ErrorKind::kLimit,
      "the labels hold more than 4 MiB of long texts: ask for the part that is needed, as "
      "left(column, 100)",
      metric.name);
}

}  // namespace

void DropRepeated(MappedSamples& mapped, const std::string& metric) {
  std::set<exporter::Labels> seen;
  const std::size_t repeated = std::erase_if(
      mapped.samples, [&](const Sample& sample) { return !seen.insert(sample.labels).second; });
  if (repeated == 0 || mapped.problem) return;
  mapped.problem = exporter::CollectError(
      exporter::ErrorKind::kQuery,
      fmt::format("{} rows have the labels of an earlier one, and are left out: group by the "
                  "labels, of which NULL and '' are one, or give the metric more of them",
                  repeated),
      metric);
}

MappedSamples MapRows(const Rows& rows, const SqlMetric& metric) {
  try {
    ExpectShortLabels(rows, metric);
    return std::visit([&](const auto& shape) { return MapShape(rows, metric, shape); },
                      metric.shape);
  } catch (const exporter::CollectError& error) {
    return {{}, {}, error};
  }
}

}  // namespace collectors
