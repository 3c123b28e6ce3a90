#pragma once

#include <mysql.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "collectors/clients/sql/answer_size.h"
#include "collectors/clients/sql/rows.h"

namespace collectors {

// What libmariadb has of an answer, as plain rows.
std::vector<std::string> MysqlColumns(MYSQL_RES* result);

// What the columns hold. A time is kTimestamp, though it may be in any zone.
std::vector<ColumnType> MysqlTypes(MYSQL_RES* result);

// A column whose values have no one meaning; absent where all is clear. A BIT
// column comes as bytes, but as digits where it went through a function, and
// nothing tells which: the byte '1' is 49 or 1. Up to five bits no byte is a digit.
std::optional<std::string> UnclearMysqlColumn(MYSQL_RES* result);

// Returns whether the answer is within its bounds with the row.
bool AppendMysqlRow(MYSQL_RES* result, MYSQL_ROW cells, Rows& rows, AnswerSize& size);

}  // namespace collectors
