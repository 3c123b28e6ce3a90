#include "collectors/sql/row_mapping.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <map>
#include <utility>

#include "exporter/utf8.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

constexpr std::array<std::pair<std::string_view, double>, 4> kBooleans = {{
    {"t", 1},
    {"f", 0},
    {"true", 1},
    {"false", 0},
}};

// Where the columns of a metric are in a row.
struct Columns {
  std::size_t value = 0;
  std::vector<std::size_t> labels;
  std::string missing;  // The first one that is not there.
};

Columns FindColumns(const Rows& rows, const SqlMetric& metric) {
  Columns columns;
  const auto find = [&](const std::string& name) {
    const auto found = FindColumn(rows, name);
    if (!found && columns.missing.empty()) columns.missing = name;
    return found.value_or(0);
  };
  columns.value = find(metric.value);
  for (const std::string& label : metric.labels) columns.labels.push_back(find(label));
  return columns;
}

exporter::Labels LabelsOf(const std::vector<std::optional<std::string>>& cells,
                          const SqlMetric& metric, const Columns& columns) {
  exporter::Labels labels = metric.constant_labels;
  for (std::size_t i = 0; i < columns.labels.size(); ++i) {
    labels.emplace_back(metric.labels[i], LabelValue(cells[columns.labels[i]]));
  }
  return labels;
}

bool HasNullLabel(const std::vector<std::optional<std::string>>& cells, const Columns& columns) {
  return std::any_of(columns.labels.begin(), columns.labels.end(),
                     [&](std::size_t column) { return !cells[column]; });
}

// Adds each sample of `nulls`, whose labels are NULL in SQL and empty here, to
// the one that has the same labels empty in SQL; where there is none it stays.
void FoldNulls(std::vector<Sample>& samples, std::vector<Sample> nulls) {
  if (nulls.empty()) return;
  std::map<exporter::Labels, std::size_t> groups;
  for (std::size_t i = 0; i < samples.size(); ++i) groups.emplace(samples[i].labels, i);
  for (Sample& null : nulls) {
    if (const auto group = groups.find(null.labels); group != groups.end()) {
      samples[group->second].value += null.value;
    } else {
      samples.push_back(std::move(null));
    }
  }
}

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

std::optional<std::size_t> FindColumn(const Rows& rows, std::string_view name) {
  const auto found = std::find(rows.columns.begin(), rows.columns.end(), name);
  if (found == rows.columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - rows.columns.begin());
}

std::optional<double> ParseSqlNumber(std::string_view text) {
  const std::string_view number = Trimmed(text);
  const auto* const boolean = std::find_if(
      kBooleans.begin(), kBooleans.end(), [&](const auto& entry) { return entry.first == number; });
  if (boolean != kBooleans.end()) return boolean->second;
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (end != number.data() + number.size()) return std::nullopt;
  // Beyond a double: infinity or zero, which strtod tells apart.
  if (error == std::errc::result_out_of_range)
    return std::strtod(std::string(number).c_str(), nullptr);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

std::string LabelValue(const std::optional<std::string>& cell) {
  std::string value;
  std::string_view rest = cell ? std::string_view(*cell) : "";
  while (!rest.empty()) {
    const std::size_t valid = exporter::ValidUtf8Prefix(rest);
    value += rest.substr(0, valid);
    rest.remove_prefix(valid);
    if (rest.empty()) break;
    value += kReplacement;
    rest.remove_prefix(1);
  }
  return value;
}

MappedSamples MapRows(const Rows& rows, const SqlMetric& metric) {
  MappedSamples mapped;
  const Columns columns = FindColumns(rows, metric);
  if (!columns.missing.empty()) {
    mapped.problem = CollectError(ErrorKind::kMissing,
                                  "the answer has no column " + columns.missing, metric.name);
    return mapped;
  }
  std::vector<Sample> nulls;
  for (const auto& cells : rows.cells) {
    const auto& cell = cells[columns.value];
    const auto value = cell ? ParseSqlNumber(*cell) : std::nullopt;
    if (value) {
      auto& samples = HasNullLabel(cells, columns) ? nulls : mapped.samples;
      samples.push_back({LabelsOf(cells, metric, columns), *value * metric.factor});
      continue;
    }
    mapped.nulls.push_back(LabelsOf(cells, metric, columns));
    if (cell && !mapped.problem) {
      mapped.problem = CollectError(
          ErrorKind::kQuery, fmt::format("column {} holds a text that is no number", metric.value),
          metric.name);
    }
  }
  FoldNulls(mapped.samples, std::move(nulls));
  return mapped;
}

}  // namespace collectors
