#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace collectors {

// How to reach a PostgreSQL server, as libpq takes it. Holds the password.
struct PgDsn {
  std::vector<std::pair<std::string, std::string>> parameters;  // By libpq's keywords.
  std::string server_name;       // "host:port" or the socket's path; several joined by commas.
  std::string search_path = {};  // As SET takes it; empty for the role's own.

  // The value of a parameter; empty when it is not given.
  std::string_view Get(std::string_view keyword) const;
  void Set(const std::string& keyword, std::string value);
};

// Reads a DSN as applications write it: a URL postgres:// or postgresql://, with
// a driver suffix as SQLAlchemy has it (postgresql+asyncpg://) or without, or
// libpq's "host=... dbname=...". `ssl=` is read as `sslmode=`; Prisma's `schema=`, JDBC's
// `currentSchema=` and `search_path=` are the search path; and parameters
// meant for an application's connection pool are dropped; others that libpq does
// not know are refused, since a misspelt sslmode must not go unnoticed.
// Environment variables as PGHOST fill in what is missing, as libpq does.
// Throws std::invalid_argument, whose text holds no part of the DSN but the name
// of a parameter.
PgDsn ParsePgDsn(const std::string& dsn);

}  // namespace collectors
