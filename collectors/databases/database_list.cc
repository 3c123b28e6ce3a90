#include "collectors/databases/database_list.h"

#include <fmt/format.h>

#include <optional>

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

constexpr std::size_t kMostDatabases = 100'000;

// An application cannot use a database that accepts no connections. -2 marks the remains of an
// interrupted DROP DATABASE.
constexpr char kPostgresDatabases[] =
    "SELECT datname, oid, pg_catalog.current_database() FROM pg_catalog.pg_database "
    "WHERE datallowconn AND NOT datistemplate AND datconnlimit <> -2 ORDER BY datname";
constexpr char kMysqlDatabases[] =
    "SELECT schema_name, '', DATABASE() FROM information_schema.schemata "
    "WHERE schema_name NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys') "
    "ORDER BY schema_name";

constexpr char kPostgresIdentity[] =
    "SELECT oid, datname FROM pg_catalog.pg_database "
    "WHERE datname = pg_catalog.current_database()";

}  // namespace

std::vector<ServerDatabase> ListDatabases(const SqlRun& run) {
  const bool is_mysql = run.session.dialect() == SqlDialect::kMysql;
  const Rows rows = run.session.Query(
      run.context,
      {.text = is_mysql ? kMysqlDatabases : kPostgresDatabases, .max_rows = kMostDatabases});
  std::vector<ServerDatabase> databases;
  for (const auto& row : rows.cells) {
    if (row.size() < 3 || !row[0] || !row[1]) continue;
    databases.push_back({*row[0], *row[1], row[0] == row[2]});
  }
  return databases;
}

void CheckDatabase(const SqlRun& run, const ServerDatabase& expected) {
  if (expected.identity.empty()) return;
  const Rows rows = run.session.Query(run.context, {.text = kPostgresIdentity});
  const bool is_known = rows.cells.size() == 1 && rows.cells[0].size() == 2 && rows.cells[0][1];
  if (is_known && rows.cells[0][0] == expected.identity) return;
  throw CollectError(
      ErrorKind::kMissing,
      fmt::format("a connection to it leads to another database, {}: a pooler between gives it "
                  "this name, or somebody has just made it anew; exclude the name if that is meant",
                  is_known ? exporter::Quoted(*rows.cells[0][1]) : "whose name is not known"));
}

}  // namespace collectors
