#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "collectors/clients/sql/rows.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/secret.h"

namespace collectors {

struct SqlStatement {
  std::string text;  // One statement; parameters as $1, $2.
  std::vector<std::string> parameters = {};
  std::size_t max_rows = 10000;  // More are kLimit.
  bool parallel = false;         // Whether the server may use parallel workers.
  std::string name = {};         // Under which its cost is told; empty for none of its own.
  std::string database = {};     // The label datname of that, if it is asked in several.
};

enum class SqlDialect { kPostgres, kSqlite, kMysql };

// One connection to one SQL database, opened when first needed and again after
// a failure. Each statement runs in a read-only transaction of its own and ends
// by context.deadline, on the server too, or throws CollectError. One thread at
// a time.
class SqlSession {
 public:
  virtual ~SqlSession() = default;
  virtual Rows Query(const exporter::CollectContext& context, const SqlStatement& statement) = 0;
  // As PostgreSQL counts it (150018); 0 for others. Connects where needed.
  virtual int ServerVersion(const exporter::CollectContext& context) = 0;
  // "host:port" or the socket's path; empty for a file. Holds no secret.
  virtual std::string ServerName() const = 0;
  virtual SqlDialect dialect() const = 0;
  // While pinned, a connection that ends is a failure (kConnect) and no other is
  // opened: something belongs to it, as a lock, and ends with it.
  virtual void Pin(bool /*pinned*/) {}
  // At the end of each run, a failed one too: closes the connection where the
  // target says that none is kept.
  virtual void EndRun() {}
  // The server process that the connection was told of: pg_backend_pid(), unless
  // a pooler stands between. 0 where there is no connection, or no PostgreSQL.
  virtual int BackendPid() const { return 0; }
  // A session of its own with another database of the same server, not connected
  // yet. Null where there are none.
  virtual std::unique_ptr<SqlSession> OtherDatabase(const std::string& /*database*/) {
    return nullptr;
  }
  // No statement has that SqlStatement::database any more: what they cost is no longer told.
  virtual void ForgetDatabase(const std::string& /*database*/) {}
};

struct SqlTarget {
  exporter::SecretSource dsn;
  std::string application_name;  // "exporter/business": tells the server which collector asks.
  std::chrono::milliseconds timeout{5000};  // Of the collector's runs; bounds lock_timeout.
  bool keep_connected = true;               // From run to run.
  // How often a session on a primary looks for a standby, where the DSN prefers one.
  std::chrono::milliseconds standby_search = std::chrono::minutes(5);
  // Whether a statement may answer with the rows alone that policies let its role see. Otherwise
  // it fails with kPermission. PostgreSQL only.
  bool accepts_row_security = false;
  // Whether tables are looked for in the schemas that the DSN names. PostgreSQL only.
  bool uses_search_path = false;
};

}  // namespace collectors
