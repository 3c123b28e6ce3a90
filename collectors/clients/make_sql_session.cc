#include "collectors/clients/make_sql_session.h"

#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "collectors/clients/mysql/mysql_dsn.h"
#include "collectors/clients/mysql/mysql_session.h"
#include "collectors/clients/net/url_parameters.h"
#include "collectors/clients/postgres/pg_dsn.h"
#include "collectors/clients/postgres/pg_session.h"
#include "collectors/clients/sql/sql_url.h"
#include "collectors/clients/sqlite/sqlite_session.h"

namespace collectors {
namespace {

SqlSystem SystemOf(const std::string& dsn) {
  if (const std::optional<SqlUrl> url = ReadSqlUrl(dsn)) {
    if (url->system == SqlSystem::kOther) throw std::invalid_argument(OtherSystemHint(*url));
    return url->system;
  }
  const std::size_t equals = dsn.find('=');
  if (equals < dsn.find("://")) return SqlSystem::kPostgres;  // "host=... dbname=..."
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

// Also notes the parameters of the DSN that have no effect.
std::unique_ptr<SqlSession> SessionFor(SqlTarget target, std::vector<std::string>& dropped) {
  const std::optional<std::string> dsn = Known(target.dsn);
  if (!dsn) return std::make_unique<PgSession>(std::move(target));
  const SqlSystem system = SystemOf(*dsn);
  if (system == SqlSystem::kSqlite) return std::make_unique<SqliteSession>(SqlitePath(*dsn));
  if (system == SqlSystem::kMysql) {
    dropped = ParseMysqlDsn(*dsn).dropped;  // Throws if the DSN is bad.
    return std::make_unique<MysqlSession>(std::move(target));
  }
  dropped = ParsePgDsn(*dsn).dropped;
  return std::make_unique<PgSession>(std::move(target));
}

}  // namespace

std::unique_ptr<SqlSession> MakeSqlSession(exporter::YamlReader& options, const std::string& key,
                                           SqlTarget target) {
  if (!target.dsn.given()) return nullptr;  // Reading the key has already added a problem.
  try {
    std::vector<std::string> dropped;
    auto session = SessionFor(std::move(target), dropped);
    if (!dropped.empty()) options.Warn(key, DroppedNote(dropped));
    return session;
  } catch (const std::invalid_argument& error) {
    options.Problem(key, key + " cannot be used: " + error.what());
    return nullptr;
  }
}

}  // namespace collectors
