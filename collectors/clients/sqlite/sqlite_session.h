#pragma once

#include <string>

#include "collectors/clients/sql/sql_session.h"

namespace collectors {

// An SqlSession with an SQLite file, opened for reading only and anew for each
// statement: a file that was replaced is seen at once, and none is kept locked. No
// file is made or written, whatever the database's mode is.
class SqliteSession : public SqlSession {
 public:
  explicit SqliteSession(std::string path) : path_(std::move(path)) {}

  Rows Query(const exporter::CollectContext& context, const SqlStatement& statement) override;
  int ServerVersion(const exporter::CollectContext& context) override;
  std::string ServerName() const override { return ""; }
  SqlDialect dialect() const override { return SqlDialect::kSqlite; }

 private:
  std::string path_;
};

// The path of a URL as SQLAlchemy writes one: sqlite:///path or sqlite:////path,
// both read as absolute, with a driver suffix (sqlite+aiosqlite) or without; what
// follows a '?' is dropped. Throws std::invalid_argument where it has none.
std::string SqlitePath(const std::string& url);

}  // namespace collectors
