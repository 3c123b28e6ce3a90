#include "collectors/sql/row_cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
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

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

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

std::optional<std::size_t> FindColumn(const Rows& rows, std::string_view name) {
  const auto found = std::find(rows.columns.begin(), rows.columns.end(), name);
  if (found == rows.columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - rows.columns.begin());
}

std::size_t NeedColumn(const Rows& rows, const std::string& name, const SqlMetric& metric) {
  if (const auto found = FindColumn(rows, name)) return *found;
  throw CollectError(ErrorKind::kMissing, "the answer has no column " + name, metric.name);
}

LabelColumns::LabelColumns(const Rows& rows, const SqlMetric& metric) : metric_(metric) {
  for (const std::string& label : metric.labels) {
    columns_.push_back(NeedColumn(rows, label, metric));
  }
}

exporter::Labels LabelColumns::Of(const Cells& cells) const {
  exporter::Labels labels = metric_.constant_labels;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    labels.emplace_back(metric_.labels[i], LabelValue(cells[columns_[i]]));
  }
  return labels;
}

Cells LabelColumns::RawOf(const Cells& cells) const {
  Cells raw;
  for (const std::size_t column : columns_) raw.push_back(cells[column]);
  return raw;
}

bool LabelColumns::HasNull(const Cells& cells) const {
  return std::any_of(columns_.begin(), columns_.end(),
                     [&](std::size_t column) { return !cells[column]; });
}

void NoteBadRow(MappedSamples& mapped, const SqlMetric& metric, const std::string& what) {
  if (!mapped.problem) mapped.problem = CollectError(ErrorKind::kQuery, what, metric.name);
}

}  // namespace collectors
