#include "collectors/series/shown_table.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "collectors/series/row_cells.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::Labels;
using exporter::Reading;
using Cells = std::vector<std::optional<std::string>>;

// Returns false if the cell holds a text that is not a number.
bool AddCell(const ShownMetric& metric, const Labels& labels,
             const std::optional<std::string>& cell, Reading& reading) {
  if (!cell) return true;
  const auto value = ParseSqlNumber(*cell);
  if (!value) return false;
  reading.families.Open(metric.type, metric.name, metric.help).Add(labels, *value * metric.factor);
  return true;
}

void NoteNoNumber(std::string_view column, Reading& reading) {
  reading.problems.emplace_back(ErrorKind::kProtocol, std::string(column) + " is no number");
}

std::vector<std::optional<std::size_t>> LabelColumns(const ShownTable& table, const Rows& rows) {
  std::vector<std::optional<std::size_t>> columns;
  for (const std::string_view label : table.labels) {
    const bool is_key = columns.size() < table.keys;
    columns.push_back(is_key ? NeededColumn(rows, label) : FindColumn(rows, label));
  }
  return columns;
}

std::vector<Labels> LabelsOfRows(const ShownTable& table, const Rows& rows) {
  const auto columns = LabelColumns(table, rows);
  std::vector<Labels> of_rows;
  of_rows.reserve(rows.cells.size());
  for (const Cells& cells : rows.cells) {
    Labels& labels = of_rows.emplace_back();
    for (std::size_t n = 0; n < columns.size(); ++n) {
      labels.emplace_back(table.labels[n], columns[n] ? LabelValue(cells[*columns[n]]) : "");
    }
  }
  return of_rows;
}

}  // namespace

std::size_t NeededColumn(const Rows& rows, std::string_view name) {
  const auto column = FindColumn(rows, name);
  if (!column) {
    throw CollectError(ErrorKind::kProtocol,
                       "the answer has no column \"" + std::string(name) + "\"");
  }
  return *column;
}

void AddTable(const ShownTable& table, const Rows& rows, Reading& reading) {
  const std::vector<Labels> labels = LabelsOfRows(table, rows);
  for (const ShownMetric& metric : table.metrics) {
    const auto column = FindColumn(rows, metric.column);
    if (!column) continue;
    bool all_numbers = true;
    for (std::size_t n = 0; n < rows.cells.size(); ++n) {
      all_numbers &= AddCell(metric, labels[n], rows.cells[n][*column], reading);
    }
    if (!all_numbers) NoteNoNumber(metric.column, reading);
  }
}

void AddList(const ShownList& list, const Rows& rows, Reading& reading) {
  const std::size_t name = NeededColumn(rows, list.name_column);
  const std::size_t value = NeededColumn(rows, list.value_column);
  for (const Cells& cells : rows.cells) {
    const auto metric =
        std::ranges::find(list.metrics, cells[name].value_or(""), &ShownMetric::column);
    if (metric == list.metrics.end()) continue;
    if (!AddCell(*metric, {}, cells[value], reading)) NoteNoNumber(metric->column, reading);
  }
}

}  // namespace collectors
