#include "collectors/series/sample_rows.h"

#include <iterator>
#include <utility>

#include "collectors/series/row_cells.h"

namespace collectors {
namespace {

template <typename T>
void Append(std::vector<T>& to, std::vector<T> from) {
  to.insert(to.end(), std::move_iterator(from.begin()), std::move_iterator(from.end()));
}

}  // namespace

MappedSamples MapShape(const Rows& rows, const SqlMetric& metric, const RowSample& /*shape*/) {
  MappedSamples mapped;
  const std::size_t column = NeedColumn(rows, metric.value, metric);
  const LabelColumns labels(rows, metric);
  for (const Cells& cells : rows.cells) {
    const auto& cell = cells[column];
    if (const auto value = cell ? NumberIn(rows, column, *cell) : std::nullopt) {
      mapped.samples.push_back({labels.Of(cells), *value * metric.factor});
      continue;
    }
    mapped.nulls.push_back(labels.Of(cells));
    if (cell) NoteBadRow(mapped, metric, NoNumber(rows, column));
  }
  return mapped;
}

MappedSamples MapShape(const Rows& rows, const SqlMetric& metric, const ColumnSamples& shape) {
  MappedSamples all;
  for (const std::string& column : shape.columns) {
    SqlMetric one = metric;
    one.value = column;
    one.constant_labels.emplace_back(shape.label, column);
    MappedSamples mapped = MapShape(rows, one, RowSample());
    Append(all.samples, std::move(mapped.samples));
    Append(all.nulls, std::move(mapped.nulls));
    if (!all.problem) all.problem = mapped.problem;
  }
  return all;
}

}  // namespace collectors
