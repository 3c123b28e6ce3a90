#pragma once

#include <set>
#include <string>
#include <vector>

#include "collectors/parts/sql_part.h"
#include "collectors/sql/counts/count_grouping.h"
#include "collectors/sql/counts/count_statement.h"

namespace collectors {

// Columns of a table by name, of which equal values have one text. The others
// ('a' and 'A' under some collations, 1.0 and 1.00) the server puts into one
// group, under the text of any of them.
using ExactColumns = std::set<std::string>;

// Of PostgreSQL only: none of another database. Throws CollectError.
ExactColumns FindExactColumns(const SqlRun& run, const std::string& table);

// Which counts on one table may share a statement without changing a value. A
// shared one is grouped by the columns of all, and what belongs to one count is
// added up by its labels' texts: right where each of these is exact, or where all
// have the same columns. A count without labels may share with any.
std::vector<Indexes> Kin(const std::vector<const SqlCount*>& counts, const ExactColumns& exact);

}  // namespace collectors
