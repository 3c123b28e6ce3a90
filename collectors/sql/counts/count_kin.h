#pragma once

#include <set>
#include <string>
#include <vector>

#include "collectors/parts/sql_part.h"
#include "collectors/sql/counts/count_grouping.h"
#include "collectors/sql/counts/count_statement.h"

namespace collectors {

// The names of a table's columns whose equal values have the same text. In other columns ('a' and
// 'A' under some collations, 1.0 and 1.00) the server puts equal values into one group, under the
// text of any one of them.
using ExactColumns = std::set<std::string>;

// Returns the exact columns in PostgreSQL, and none in another database. Throws CollectError.
ExactColumns FindExactColumns(const SqlRun& run, const std::string& table);

// Returns groups of counts on one table that may share a statement without changing a value. A
// shared statement is grouped by the columns of all its counts, and each count's rows are summed by
// the texts of its labels. That is correct if all these columns are exact, or if all counts have
// the same columns. A count without labels may share with any other.
std::vector<Indexes> Kin(const std::vector<const SqlCount*>& counts, const ExactColumns& exact);

}  // namespace collectors
