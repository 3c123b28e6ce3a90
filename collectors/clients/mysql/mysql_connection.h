#pragma once

#include <mysql.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "collectors/clients/mysql/mysql_dsn.h"
#include "collectors/clients/net/resolve.h"
#include "collectors/clients/sql/rows.h"
#include "exporter/seam/collector.h"

namespace collectors {

class MysqlReadBudget;

// A duplicate of the library's descriptor, which the library cannot close.
class SocketHandle {
 public:
  SocketHandle() = default;
  ~SocketHandle();
  SocketHandle(const SocketHandle&) = delete;
  SocketHandle& operator=(const SocketHandle&) = delete;

  void Take(int library_socket);
  void ShutDown() const;
  int fd() const { return fd_; }

 private:
  int fd_ = -1;
};

// A connection to a MySQL or MariaDB server. Uses libmariadb's non-blocking calls, so each wait is
// ours and ends by context.deadline. Only the TLS handshake blocks inside the library; the watchdog
// ends it if needed. Everything throws CollectError. If `usable()` is false after a failure, the
// connection can only be destroyed. One thread at a time.
class MysqlConnection {
 public:
  // Connects to one address of the DSN's host, or to its socket. `application_name` is sent to the
  // server. Uses authentication that could reveal the password only over TLS or a socket, and sends
  // the password in clear only to a verified server.
  MysqlConnection(const exporter::CollectContext& context, const MysqlDsn& dsn,
                  const SocketAddress* address, const std::string& application_name);
  ~MysqlConnection();
  MysqlConnection(const MysqlConnection&) = delete;
  MysqlConnection& operator=(const MysqlConnection&) = delete;

  // Runs one statement that returns no rows.
  void Execute(const exporter::CollectContext& context, const std::string& statement);
  // Runs one statement and reads its rows as they arrive. More than max_rows rows throw kLimit and
  // end the connection.
  Rows Query(const exporter::CollectContext& context, const std::string& statement,
             std::size_t max_rows);

  bool is_mariadb() const { return ::mariadb_connection(connection_.get()) != 0; }
  // Returns the number of the last statement's warnings that SHOW WARNINGS can report.
  unsigned warning_count() const { return ::mysql_warning_count(connection_.get()); }
  unsigned long server_version() const;  // 10.11.6 is 101106.
  // Returns true if the last answer was read to its end, even if it refused the statement: another
  // statement may follow.
  bool usable() const { return !broken_; }

 private:
  struct Close {
    void operator()(MYSQL* connection) const { ::mysql_close(connection); }
  };
  struct Free {
    void operator()(MYSQL_RES* result) const { ::mysql_free_result(result); }
  };
  using Result = std::unique_ptr<MYSQL_RES, Free>;
  // Continues a library call with those of its events that have occurred. Returns the events that
  // the call waits for now; 0 once it has ended.
  using Step = std::function<int(int events)>;

  void SetOptions(const MysqlDsn& dsn, const std::string& application_name);
  void SetTls(const MysqlDsn& dsn);
  void Connect(const exporter::CollectContext& context, const MysqlDsn& dsn,
               const SocketAddress* address);
  // Checks the greeting before the library reads it, and leaves it in the socket.
  void CheckGreeting(const exporter::CollectContext& context, const MysqlDsn& dsn);
  // Runs a library call to its end. `events`: what the call waits for first.
  void Drive(const exporter::CollectContext& context, int events, const Step& step);
  int Await(const exporter::CollectContext& context, int events) const;
  // Does work that waits, guarded by the watchdog and bounded to the bytes of an answer.
  void Bounded(const exporter::CollectContext& context,
               const std::function<void(MysqlReadBudget&)>& work);
  void Send(const exporter::CollectContext& context, const std::string& statement);
  MYSQL_ROW NextRow(const exporter::CollectContext& context, MYSQL_RES* result);
  void ReadRows(const exporter::CollectContext& context, MYSQL_RES* result, std::size_t max_rows,
                MysqlReadBudget& budget, Rows& rows);
  bool HasMore() const;  // Another answer.
  [[noreturn]] void FailForNoRows(const exporter::CollectContext& context);
  // Shuts the socket down, so that no later call can wait, then throws.
  [[noreturn]] void GiveUp(const exporter::CollectError& error);
  // Throws the last error of the library or of the server.
  [[noreturn]] void Fail(const exporter::CollectContext& context);

  SocketHandle socket_;
  std::unique_ptr<MYSQL, Close> connection_;
  bool has_session_ = false;
  bool broken_ = true;  // True until an answer has been read to its end.
};

}  // namespace collectors
