#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "collectors/clients/sql/rows.h"
#include "collectors/clients/sql/sql_session.h"
#include "collectors/postgres/statement_top.h"
#include "exporter/seam/family_set.h"

namespace collectors {

// The extension pg_stat_statements as it is installed in a database. Its own
// version decides the names of its columns: pg_upgrade leaves an old one.
struct StatementsExtension {
  std::string schema;  // In quotes where it needs them, as the server says.
  int major = 0;
  int minor = 0;  // 10 in 1.10, which PostgreSQL 15 brings.
};

SqlStatement ExtensionStatement();
// Absent where the extension is not installed.
std::optional<StatementsExtension> MapExtension(const Rows& rows);

// Which statements are wanted.
struct StatementChoice {
  std::size_t limit = 100;
  std::vector<std::string> exclude_databases = {};  // By name; here and below.
  std::vector<std::string> exclude_users = {};
};

struct KnownStatements {
  std::vector<StatementUse> uses;
  // The role that sees which statements of other roles there are not; empty
  // where it sees all.
  std::string blind_role;
};

// Asks for the `limit` statements with the most seconds, and for `members`. The
// texts of statements are neither read nor shown: they lie in a file that the
// server would read whole. A statement that is counted at the top level and
// within functions is one.
SqlStatement KnownStatement(const StatementsExtension& extension, const StatementChoice& choice,
                            const std::set<StatementKey>& members);
KnownStatements MapKnown(const Rows& rows);

// Writes pg_stat_statements_*, as postgres_exporter names them.
void WriteStatements(const std::vector<StatementUse>& uses,
                     std::optional<exporter::SteadyTime> expires_at, exporter::FamilySet& families);

// The names of what WriteStatements writes.
std::vector<std::string> StatementFamilies();

}  // namespace collectors
