#pragma once

#include <string>

#include "collectors/clients/sql/sql_session.h"

namespace collectors {

// An SqlSession with an SQLite file. Opens the file for each statement, for reading only: a
// replaced file is seen at once, and no file stays locked. Creates and writes no file, in any
// database mode.
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

// Returns the path of a URL in SQLAlchemy's form: sqlite:///path or sqlite:////path, both read as
// absolute, with or without a driver suffix (sqlite+aiosqlite). Ignores everything after a '?'.
// Throws std::invalid_argument if the URL has no path.
std::string SqlitePath(const std::string& url);

}  // namespace collectors
