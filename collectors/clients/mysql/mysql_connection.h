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

// A descriptor of the library's socket that the library cannot close under us.
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

// A connection to a MySQL or MariaDB server through libmariadb's non-blocking
// calls: each wait is ours and ends by context.deadline. The TLS handshake is the
// one thing that the library does in blocking calls; the watchdog ends it then.
// Everything throws CollectError. After one for which `usable()` is false the
// connection can only be destroyed. One thread at a time.
class MysqlConnection {
 public:
  // Connects to one address of the DSN's host, or to its socket. The server is
  // told `application_name`. A password is sent in a form that can be read only by
  // TLS or to a socket, and in clear only to a server that was verified.
  MysqlConnection(const exporter::CollectContext& context, const MysqlDsn& dsn,
                  const SocketAddress* address, const std::string& application_name);
  ~MysqlConnection();
  MysqlConnection(const MysqlConnection&) = delete;
  MysqlConnection& operator=(const MysqlConnection&) = delete;

  // Runs one statement for its effect; it must have no rows.
  void Execute(const exporter::CollectContext& context, const std::string& statement);
  // Runs one statement and reads its rows as they come: above max_rows it ends
  // as kLimit, and the connection with it.
  Rows Query(const exporter::CollectContext& context, const std::string& statement,
             std::size_t max_rows);

  bool is_mariadb() const { return ::mariadb_connection(connection_.get()) != 0; }
  // Of the last statement, as far as SHOW WARNINGS may tell them.
  unsigned warning_count() const { return ::mysql_warning_count(connection_.get()); }
  unsigned long server_version() const;  // 10.11.6 is 101106.
  // Whether the last failure, if there was one, was the server's answer to a
  // statement, so that another may follow.
  bool usable() const { return !broken_; }

 private:
  struct Close {
    void operator()(MYSQL* connection) const { ::mysql_close(connection); }
  };
  struct Free {
    void operator()(MYSQL_RES* result) const { ::mysql_free_result(result); }
  };
  using Result = std::unique_ptr<MYSQL_RES, Free>;
  // Goes on with a call of the library after these of its events have come;
  // returns those that it waits for now, 0 when it has ended.
  using Step = std::function<int(int events)>;

  void SetOptions(const MysqlDsn& dsn, const std::string& application_name);
  void SetTls(const MysqlDsn& dsn);
  void Connect(const exporter::CollectContext& context, const MysqlDsn& dsn,
               const SocketAddress* address);
  // Looks at the greeting before the library does, and leaves it there.
  void CheckGreeting(const exporter::CollectContext& context, const MysqlDsn& dsn);
  // Drives a call to its end, `events` being what it waits for.
  void Drive(const exporter::CollectContext& context, int events, const Step& step);
  int Await(const exporter::CollectContext& context, int events) const;
  // Does work that waits: watched over, and for no more bytes than an answer may have.
  void Bounded(const exporter::CollectContext& context,
               const std::function<void(MysqlReadBudget&)>& work);
  void Send(const exporter::CollectContext& context, const std::string& statement);
  MYSQL_ROW NextRow(const exporter::CollectContext& context, MYSQL_RES* result);
  void ReadRows(const exporter::CollectContext& context, MYSQL_RES* result, std::size_t max_rows,
                MysqlReadBudget& budget, Rows& rows);
  bool HasMore() const;  // Another answer.
  [[noreturn]] void FailForNoRows(const exporter::CollectContext& context);
  // Shuts the socket down, so that nothing that follows can wait, and throws.
  [[noreturn]] void GiveUp(const exporter::CollectError& error);
  // Throws what the library or the server said last.
  [[noreturn]] void Fail(const exporter::CollectContext& context);

  SocketHandle socket_;
  std::unique_ptr<MYSQL, Close> connection_;
  bool has_session_ = false;
  bool broken_ = true;  // Until an answer was read to its end.
};

}  // namespace collectors
