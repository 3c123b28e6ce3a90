#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace collectors {

// The address of a PostgreSQL server and the login, as libpq's parameters. Holds the password.
struct PgDsn {
  std::vector<std::pair<std::string, std::string>> parameters;  // The names are libpq's keywords.
  std::string server_name;       // "host:port" or the socket's path; several are joined by commas.
  std::string search_path = {};  // A value for SET; empty: the role's setting.
  std::vector<std::string> dropped = {};  // Names of the URL's parameters without an effect.

  // Returns the value of a parameter; empty if it is not given.
  std::string_view Get(std::string_view keyword) const;
  void Set(const std::string& keyword, std::string value);
};

// Reads a DSN in the forms that applications use: a URL (ReadSqlUrl() names the schemes,
// ReadPgUrl() the parameters), or libpq's "host=... dbname=...". As in libpq, environment variables
// such as PGHOST supply missing values. Throws std::invalid_argument; its text holds nothing of the
// DSN except the name of a parameter.
PgDsn ParsePgDsn(const std::string& dsn);

}  // namespace collectors
