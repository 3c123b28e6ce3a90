#include "collectors/clients/mysql/mysql_rows.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace collectors {
namespace {

constexpr unsigned long kMaxClearBits = 5;

std::string NameOf(const MYSQL_FIELD& field) { return {field.name, field.name_length}; }

struct Row {
  enum_field_types type;
  ColumnType holds;
};

constexpr Row kTypes[] = {
    {MYSQL_TYPE_TIMESTAMP, ColumnType::kTimestamp}, {MYSQL_TYPE_DATE, ColumnType::kTimestamp},
    {MYSQL_TYPE_TIME, ColumnType::kClock},          {MYSQL_TYPE_DATETIME, ColumnType::kTimestamp},
    {MYSQL_TYPE_NEWDATE, ColumnType::kTimestamp},   {MYSQL_TYPE_JSON, ColumnType::kJson},
};

ColumnType TypeOf(enum_field_types type) {
  const auto* const row =
      std::ranges::find_if(kTypes, [type](const Row& one) { return one.type == type; });
  return row == std::end(kTypes) ? ColumnType::kAny : row->holds;
}

std::string CellOf(const MYSQL_FIELD& field, std::string_view bytes) {
  const bool is_bits = field.type == MYSQL_TYPE_BIT && bytes.size() == 1 &&
                       static_cast<unsigned char>(bytes[0]) < (1U << kMaxClearBits);
  return is_bits ? std::to_string(bytes[0]) : std::string(bytes);
}

}  // namespace

std::vector<std::string> MysqlColumns(MYSQL_RES* result) {
  std::vector<std::string> columns;
  const MYSQL_FIELD* const fields = ::mysql_fetch_fields(result);
  for (unsigned n = 0; n < ::mysql_num_fields(result); ++n) columns.push_back(NameOf(fields[n]));
  return columns;
}

std::vector<ColumnType> MysqlTypes(MYSQL_RES* result) {
  std::vector<ColumnType> types;
  const MYSQL_FIELD* const fields = ::mysql_fetch_fields(result);
  for (unsigned n = 0; n < ::mysql_num_fields(result); ++n) types.push_back(TypeOf(fields[n].type));
  return types;
}

std::optional<std::string> UnclearMysqlColumn(MYSQL_RES* result) {
  const MYSQL_FIELD* const fields = ::mysql_fetch_fields(result);
  const MYSQL_FIELD* const end = fields + ::mysql_num_fields(result);
  const MYSQL_FIELD* const found = std::find_if(fields, end, [](const MYSQL_FIELD& field) {
    return field.type == MYSQL_TYPE_BIT && field.length > kMaxClearBits;
  });
  if (found == end) return std::nullopt;
  return NameOf(*found);
}

bool AppendMysqlRow(MYSQL_RES* result, MYSQL_ROW cells, Rows& rows, AnswerSize& size) {
  const unsigned long* const lengths = ::mysql_fetch_lengths(result);
  const MYSQL_FIELD* const fields = ::mysql_fetch_fields(result);
  auto& row = rows.cells.emplace_back(rows.columns.size());
  size.BeginRow();
  for (std::size_t n = 0; n < row.size(); ++n) {
    if (!size.AddCell(cells[n] == nullptr ? 0 : lengths[n])) return false;
    if (cells[n] == nullptr) continue;
    row[n] = CellOf(fields[n], {cells[n], lengths[n]});
  }
  return true;
}

}  // namespace collectors
