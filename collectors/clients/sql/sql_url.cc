#include "collectors/clients/sql/sql_url.h"

#include <algorithm>

namespace collectors {
namespace {

struct Scheme {
  std::string_view name;
  SqlSystem system;
};

constexpr Scheme kSchemes[] = {
    {"postgresql", SqlSystem::kPostgres},
    {"postgres", SqlSystem::kPostgres},
    // Django, with GeoDjango and its time series.
    {"pgsql", SqlSystem::kPostgres},
    {"psql", SqlSystem::kPostgres},
    {"postgis", SqlSystem::kPostgres},
    {"timescale", SqlSystem::kPostgres},
    {"timescalegis", SqlSystem::kPostgres},
    // Ecto's documentation has this scheme for every adapter; PostgreSQL is its default one.
    {"ecto", SqlSystem::kPostgres},
    // Doctrine.
    {"pdo-pgsql", SqlSystem::kPostgres},
    // Tortoise and peewee.
    {"asyncpg", SqlSystem::kPostgres},
    {"psycopg", SqlSystem::kPostgres},
    {"psycopg3", SqlSystem::kPostgres},
    {"postgresext", SqlSystem::kPostgres},
    {"postgresqlext", SqlSystem::kPostgres},
    // golang-migrate.
    {"pgx", SqlSystem::kPostgres},
    {"pgx4", SqlSystem::kPostgres},
    {"pgx5", SqlSystem::kPostgres},

    {"mysql", SqlSystem::kMysql},
    {"mariadb", SqlSystem::kMysql},
    // Rails.
    {"mysql2", SqlSystem::kMysql},
    {"trilogy", SqlSystem::kMysql},
    // Django.
    {"mysqlgis", SqlSystem::kMysql},
    {"mysql-connector", SqlSystem::kMysql},
    // Doctrine.
    {"mysqli", SqlSystem::kMysql},
    {"pdo-mysql", SqlSystem::kMysql},

    {"sqlite", SqlSystem::kSqlite},
    {"sqlite3", SqlSystem::kSqlite},
    {"pdo-sqlite", SqlSystem::kSqlite},
    {"spatialite", SqlSystem::kSqlite},

    {"mssql", SqlSystem::kOther},
    {"mssqlms", SqlSystem::kOther},
    {"sqlserver", SqlSystem::kOther},
    {"sqlsrv", SqlSystem::kOther},
    {"pdo-sqlsrv", SqlSystem::kOther},
    {"oracle", SqlSystem::kOther},
    {"redshift", SqlSystem::kOther},
    {"cockroach", SqlSystem::kOther},
    {"cockroachdb", SqlSystem::kOther},
    {"clickhouse", SqlSystem::kOther},
    {"snowflake", SqlSystem::kOther},
    {"mongodb", SqlSystem::kOther},
    {"prisma", SqlSystem::kOther},
};

// Prefixes of Java's URLs. A longer one comes before its beginning.
constexpr std::string_view kJavaPrefixes[] = {
    "jdbc:aws-wrapper:", "jdbc:otel:", "jdbc:p6spy:",    "jdbc:",
    "r2dbc:pool:",       "r2dbc:",     "vertx-reactive:"};

constexpr std::string_view kPrismaHint =
    "prisma:// is the address of Prisma's proxy, which only Prisma speaks to: give the URL of the "
    "database itself";

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

bool CutPrefix(std::string_view& text) {
  for (const std::string_view prefix : kJavaPrefixes) {
    if (Lower(text.substr(0, prefix.size())) != prefix) continue;
    text.remove_prefix(prefix.size());
    return true;
  }
  return false;
}

const Scheme* SchemeOf(std::string_view written) {
  std::string name = Lower(written.substr(0, written.find('+')));
  std::ranges::replace(name, '_', '-');
  const auto* const found = std::ranges::find(kSchemes, name, &Scheme::name);
  return found == std::end(kSchemes) ? nullptr : found;
}

// Java's default host is localhost, and pgjdbc reads jdbc:postgresql:database too.
std::string JavaAddress(std::string_view rest) {
  if (rest.starts_with("//"))
    rest.remove_prefix(2);
  else if (!rest.starts_with('/'))
    return "localhost/" + std::string(rest);
  const bool has_host = !rest.empty() && rest.front() != '/' && rest.front() != '?';
  return (has_host ? "" : "localhost") + std::string(rest);
}

}  // namespace

std::optional<SqlUrl> ReadSqlUrl(std::string_view dsn) {
  const bool is_java = CutPrefix(dsn);
  const std::size_t colon = dsn.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const Scheme* const scheme = SchemeOf(dsn.substr(0, colon));
  if (scheme == nullptr) return std::nullopt;
  const std::string_view rest = dsn.substr(colon + 1);
  // sqlite3:/path of Rails and jdbc:sqlite:/path have no host to name.
  const bool is_path = scheme->system == SqlSystem::kSqlite && !rest.starts_with("//");
  if (is_path) return SqlUrl{scheme->system, scheme->name, std::string(rest)};
  if (is_java && scheme->system != SqlSystem::kSqlite) {
    return SqlUrl{scheme->system, scheme->name, JavaAddress(rest)};
  }
  if (!rest.starts_with("//")) return std::nullopt;
  return SqlUrl{scheme->system, scheme->name, std::string(rest.substr(2))};
}

std::string OtherSystemHint(const SqlUrl& url) {
  if (url.scheme == "prisma") return std::string(kPrismaHint);
  return std::string(url.scheme) + ":// is not built in; postgresql://, mysql:// and sqlite:// are";
}

}  // namespace collectors
