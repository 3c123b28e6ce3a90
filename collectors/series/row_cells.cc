#include "collectors/series/row_cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "collectors/clients/net/shown_text.h"
#include "collectors/series/sql_time.h"
#include "exporter/seam/utf8.h"

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

struct NoNumberRow {
  ColumnType type;
  std::string_view why;
};

constexpr std::string_view kNoNumberText = "column {0} holds a text that is no number";
constexpr NoNumberRow kNoNumbers[] = {
    {ColumnType::kTimestamp, "column {0} holds what is no time"},
    {ColumnType::kZoneTime,
     "column {0} holds times in the server's zone, which may have a summer time: ask for "
     "UNIX_TIMESTAMP({0})"},
    {ColumnType::kZoneClock,
     "column {0} holds times of day with a zone: ask for extract(epoch FROM {0})"},
    {ColumnType::kMoney, "column {0} holds money: ask for {0}::numeric"},
    {ColumnType::kArray,
     "column {0} holds arrays: ask for cardinality({0}), or for one element, as ({0})[1]"},
    {ColumnType::kJson,
     "column {0} holds JSON that is no number: ask for a number in it, as ({0} ->> 'key')::numeric "
     "or JSON_VALUE({0}, '$.key')"},
    {ColumnType::kBits, "column {0} holds bits: ask for {0}::bit(64)::bigint"},
    {ColumnType::kLogPosition,
     "column {0} holds positions in the WAL: ask for pg_wal_lsn_diff({0}, '0/0')"},
};

// How many columns of a result a message names.
constexpr std::size_t kShownColumns = 20;
constexpr std::size_t kLongestName = 63;  // In PostgreSQL.

std::string ColumnNames(const Rows& rows) {
  const std::size_t shown = std::min(rows.columns.size(), kShownColumns);
  std::string names = shown == 0 ? "none" : "";
  for (std::size_t i = 0; i < shown; ++i) {
    names += (i == 0 ? "" : ", ") + ShownText(rows.columns[i]);
  }
  if (shown < rows.columns.size())
    names += fmt::format(" and {} more", rows.columns.size() - shown);
  return names;
}

std::string NoColumn(const Rows& rows, const std::string& name) {
  std::string text = fmt::format("the answer has no column {}; it has {}", name, ColumnNames(rows));
  const bool has_upper = std::ranges::any_of(name, [](char c) { return c >= 'A' && c <= 'Z'; });
  if (has_upper) text += "; PostgreSQL folds a name without quotes to lower case";
  if (name.size() > kLongestName) text += "; PostgreSQL cuts a name at 63 bytes";
  return text;
}

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
  // Out of a double's range. strtod returns infinity or zero, as appropriate.
  if (error == std::errc::result_out_of_range)
    return std::strtod(std::string(number).c_str(), nullptr);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

std::optional<double> NumberIn(const Rows& rows, std::size_t column, std::string_view text) {
  switch (rows.TypeOf(column)) {
    case ColumnType::kTimestamp: {
      bool has_offset = false;
      const auto seconds = ParseSqlTimestamp(text, has_offset);
      if (!seconds || has_offset) return seconds;
      return *seconds - static_cast<double>(rows.utc_offset.count());
    }
    case ColumnType::kInterval:
      return ParseSqlInterval(text);
    case ColumnType::kClock:
      return ParseSqlClock(text);
    case ColumnType::kZoneTime:
    case ColumnType::kZoneClock:
    case ColumnType::kMoney:
    case ColumnType::kArray:
    case ColumnType::kBits:
    case ColumnType::kLogPosition:
      return std::nullopt;
    case ColumnType::kAny:
    case ColumnType::kBoolean:
    case ColumnType::kJson:
      break;
  }
  return ParseSqlNumber(text);
}

std::string NoNumber(const Rows& rows, std::size_t column) {
  const ColumnType type = rows.TypeOf(column);
  const auto* const row =
      std::ranges::find_if(kNoNumbers, [type](const NoNumberRow& one) { return one.type == type; });
  const std::string_view why = row == std::end(kNoNumbers) ? kNoNumberText : row->why;
  return fmt::format(fmt::runtime(why), rows.columns[column]);
}

std::string LabelValue(const std::optional<std::string>& cell, ColumnType type) {
  if (type == ColumnType::kBoolean && cell) return *cell == "t" ? "true" : "false";
  std::string value;
  std::string_view rest = cell ? std::string_view(*cell) : "";
  while (!rest.empty()) {
    // NUL is valid UTF-8, but ends the page for Prometheus.
    const std::size_t valid = exporter::ValidUtf8Prefix(rest.substr(0, rest.find('\0')));
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
  throw CollectError(ErrorKind::kMissing, NoColumn(rows, name), metric.name);
}

LabelColumns::LabelColumns(const Rows& rows, const SqlMetric& metric)
    : rows_(rows), metric_(metric) {
  for (const std::string& label : metric.labels) {
    columns_.push_back(NeedColumn(rows, label, metric));
  }
}

exporter::Labels LabelColumns::Of(const Cells& cells) const {
  exporter::Labels labels = metric_.constant_labels;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    labels.emplace_back(metric_.labels[i],
                        LabelValue(cells[columns_[i]], rows_.TypeOf(columns_[i])));
  }
  return labels;
}

Cells LabelColumns::RawOf(const Cells& cells) const {
  Cells raw;
  for (const std::size_t column : columns_) raw.push_back(cells[column]);
  return raw;
}

void NoteBadRow(MappedSamples& mapped, const SqlMetric& metric, const std::string& what) {
  if (!mapped.problem) mapped.problem = CollectError(ErrorKind::kQuery, what, metric.name);
}

}  // namespace collectors
