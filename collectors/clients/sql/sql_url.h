#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace collectors {

enum class SqlSystem { kPostgres, kMysql, kSqlite, kOther };

// A DSN that is a URL.
struct SqlUrl {
  SqlSystem system;
  std::string_view scheme;  // In lower case, without a driver: "postgis".
  std::string rest;         // What follows "://": "[user[:password]@]host:port/database?...".
};

// Reads the scheme as frameworks write it: in any case, with a driver (postgresql+asyncpg://,
// pdo-mysql://), by the framework's own name (postgis://, ecto://, mysql2://), and with a prefix of
// Java (jdbc:postgresql://, r2dbc:mysql://). Absent if the text is not a URL, such as
// "host=... dbname=...", or if its scheme is unknown.
std::optional<SqlUrl> ReadSqlUrl(std::string_view dsn);

// For a URL of SqlSystem::kOther: what to do instead. Holds nothing of the URL but the scheme.
std::string OtherSystemHint(const SqlUrl& url);

}  // namespace collectors
