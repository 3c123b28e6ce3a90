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
  std::string text;  // One statement; its parameters are $1, $2.
  std::vector<std::string> parameters = {};
  std::size_t max_rows = 10000;  // Beyond it kLimit.
  bool parallel = false;         // Whether the server may use parallel workers.
  std::string name = {};         // The name for its reported cost; empty: only in the total.
  std::string database = {};     // The label datname of that cost, if several databases get it.
};

enum class SqlDialect { kPostgres, kSqlite, kMysql };

// One connection to one SQL database, opened when first needed and again after a failure. Each
// statement runs in its own read-only transaction and ends by context.deadline, on the server too;
// otherwise throws CollectError. One thread at a time.
class SqlSession {
 public:
  virtual ~SqlSession() = default;
  virtual Rows Query(const exporter::CollectContext& context, const SqlStatement& statement) = 0;
  // Returns the version as PostgreSQL counts it (150018), 0 for other databases. Connects if
  // needed.
  virtual int ServerVersion(const exporter::CollectContext& context) = 0;
  // Returns "host:port" or the socket's path; empty for a file. Holds no secret.
  virtual std::string ServerName() const = 0;
  virtual SqlDialect dialect() const = 0;
  // While pinned, a lost connection is a failure (kConnect) and no new one is opened: the
  // connection holds something, such as a lock, that ends with it.
  virtual void Pin(bool /*pinned*/) {}
  // Called at the end of each run, also of a failed one. Closes the connection if the target does
  // not keep it.
  virtual void EndRun() {}
  // Returns the process ID that the server reported for this connection: pg_backend_pid(), unless a
  // pooler is in between. Returns 0 if not connected or if the server is not PostgreSQL.
  virtual int BackendPid() const { return 0; }
  // Returns a separate session for another database of the same server, not connected yet. Returns
  // null if the client does not support it.
  virtual std::unique_ptr<SqlSession> OtherDatabase(const std::string& /*database*/) {
    return nullptr;
  }
  // Called when no statement has that SqlStatement::database any more. Their cost is no longer
  // reported.
  virtual void ForgetDatabase(const std::string& /*database*/) {}
};

struct SqlTarget {
  exporter::SecretSource dsn;
  std::string application_name;  // "exporter/business": shows the server which collector is asking.
  std::chrono::milliseconds timeout{5000};  // The timeout of a run; bounds lock_timeout.
  bool keep_connected = true;               // Whether the connection is kept between runs.
  // How often a session on a primary searches for a standby, if the DSN prefers one.
  std::chrono::milliseconds standby_search = std::chrono::minutes(5);
  // PostgreSQL only. Whether a statement may return only the rows that row security policies show
  // to its role. If false, such a statement fails with kPermission.
  bool accepts_row_security = false;
  // PostgreSQL only. Whether tables are looked up in the schemas that the DSN names.
  bool uses_search_path = false;
};

}  // namespace collectors
