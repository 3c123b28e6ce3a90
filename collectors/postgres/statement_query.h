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

// The extension pg_stat_statements as installed in a database. The names of its columns depend on
// its own version, not on the server's: pg_upgrade keeps an old one.
struct StatementsExtension {
  std::string schema;  // Quoted by the server if necessary.
  int major = 0;
  int minor = 0;  // 10 in 1.10, which comes with PostgreSQL 15.
};

SqlStatement ExtensionStatement();
// Returns nothing if the extension is not installed.
std::optional<StatementsExtension> MapExtension(const Rows& rows);

// Which statements to show.
struct StatementChoice {
  std::size_t limit = 100;
  std::vector<std::string> exclude_databases = {};  // By name, as are the users.
  std::vector<std::string> exclude_users = {};
};

struct KnownStatements {
  std::vector<StatementUse> uses;
  // The role from which statements of other roles are hidden; empty if it sees all.
  std::string blind_role;
};

// Asks for the `limit` statements with the most seconds, and for `members`. The statements' texts
// are neither read nor shown, because they are in a file that the server would read whole. A
// statement that is counted both at the top level and within functions is one statement here.
SqlStatement KnownStatement(const StatementsExtension& extension, const StatementChoice& choice,
                            const std::set<StatementKey>& members);
KnownStatements MapKnown(const Rows& rows);

// Writes pg_stat_statements_*, with postgres_exporter's names.
void WriteStatements(const std::vector<StatementUse>& uses,
                     std::optional<exporter::SteadyTime> expires_at, exporter::FamilySet& families);

// Returns the names of the families that WriteStatements writes.
std::vector<std::string> StatementFamilies();

}  // namespace collectors
