#pragma once

#include <mysql.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "collectors/clients/sql/answer_size.h"
#include "collectors/clients/sql/rows.h"

namespace collectors {

// Converts libmariadb's answer to plain rows.
std::vector<std::string> MysqlColumns(MYSQL_RES* result);

// Returns the types of the columns. A time is kTimestamp, though its zone may be any.
std::vector<ColumnType> MysqlTypes(MYSQL_RES* result);

// Returns the first column whose values are ambiguous; nothing if there is none. A BIT column
// arrives as bytes, but as digits if it went through a function, and nothing tells them apart: the
// byte '1' is 49 or 1. With at most five bits no value is the byte of a digit.
std::optional<std::string> UnclearMysqlColumn(MYSQL_RES* result);

// Returns true if the answer with this row is within its bounds.
bool AppendMysqlRow(MYSQL_RES* result, MYSQL_ROW cells, Rows& rows, AnswerSize& size);

}  // namespace collectors
