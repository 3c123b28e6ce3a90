#include "collectors/clients/make_sql_session.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "collectors/clients/mysql/mysql_dsn.h"
#include "collectors/clients/mysql/mysql_session.h"
#include "collectors/clients/postgres/pg_dsn.h"
#include "collectors/clients/postgres/pg_session.h"
#include "collectors/clients/sqlite/sqlite_session.h"

namespace collectors {
namespace {

enum class Kind { kPostgres, kSqlite, kMysql, kOther };

struct Scheme {
  std::string_view name;
  Kind kind;
};

constexpr Scheme kSchemes[] = {
    {"postgresql", Kind::kPostgres}, {"postgres", Kind::kPostgres}, {"sqlite", Kind::kSqlite},
    {"sqlite3", Kind::kSqlite},      {"mysql", Kind::kMysql},       {"mariadb", Kind::kMysql},
    {"mssql", Kind::kOther},         {"sqlserver", Kind::kOther},   {"oracle", Kind::kOther},
    {"clickhouse", Kind::kOther},    {"mongodb", Kind::kOther},
};

// Returns the scheme before "://", without a driver suffix; null if it is unknown.
const Scheme* SchemeOf(std::string_view dsn) {
  std::string name(dsn.substr(0, std::min(dsn.find("://"), dsn.size())));
  if (name.size() == dsn.size()) return nullptr;
  name.erase(std::min(name.find('+'), name.size()));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(c | 0x20); });
  const auto* const found = std::find_if(std::begin(kSchemes), std::end(kSchemes),
                                         [&](const Scheme& scheme) { return scheme.name == name; });
  return found == std::end(kSchemes) ? nullptr : found;
}

Kind KindOf(const std::string& dsn) {
  const Scheme* const scheme = SchemeOf(dsn);
  if (scheme != nullptr && scheme->kind != Kind::kOther) return scheme->kind;
  if (scheme != nullptr) {
    throw std::invalid_argument(std::string(scheme->name) +
                                ":// is not built in; postgresql://, mysql:// and sqlite:// are");
  }
  const std::size_t equals = dsn.find('=');
  if (equals < dsn.find("://")) return Kind::kPostgres;  // "host=... dbname=..."
  throw std::invalid_argument(
      "it must be a URL postgresql://user:password@host:port/database, mysql://... or "
      "sqlite:///path, or \"host=... dbname=...\"");
}

// Returns the DSN if it can be read now.
std::optional<std::string> Known(const exporter::SecretSource& source) {
  if (source.literal() != nullptr) return source.literal()->Reveal();
  try {
    return source.Load().Reveal();
  } catch (const std::runtime_error&) {
    return std::nullopt;  // The file may be written later.
  }
}

std::unique_ptr<SqlSession> SessionFor(SqlTarget target) {
  const std::optional<std::string> dsn = Known(target.dsn);
  if (!dsn) return std::make_unique<PgSession>(std::move(target));
  const Kind kind = KindOf(*dsn);
  if (kind == Kind::kSqlite) return std::make_unique<SqliteSession>(SqlitePath(*dsn));
  if (kind == Kind::kMysql) {
    ParseMysqlDsn(*dsn);  // Throws if the DSN is bad.
    return std::make_unique<MysqlSession>(std::move(target));
  }
  ParsePgDsn(*dsn);
  return std::make_unique<PgSession>(std::move(target));
}

}  // namespace

std::unique_ptr<SqlSession> MakeSqlSession(exporter::YamlReader& options, const std::string& key,
                                           SqlTarget target) {
  if (!target.dsn.given()) return nullptr;  // Reading the key has already added a problem.
  try {
    return SessionFor(std::move(target));
  } catch (const std::invalid_argument& error) {
    options.Problem(key, key + " cannot be used: " + error.what());
    return nullptr;
  }
}

}  // namespace collectors
