#pragma once

#include <libpq-fe.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "collectors/clients/postgres/pg_dsn.h"
#include "collectors/clients/sql/rows.h"
#include "exporter/seam/collector.h"

namespace collectors {

class SlicedSocket;

// A connection to a PostgreSQL server through libpq's asynchronous calls alone:
// each wait is ours and ends by context.deadline. (libpq's blocking calls know
// no deadline, and its connect_timeout is in seconds and at least two.)
// Everything throws CollectError. After one for which `usable()` is false the
// connection can only be destroyed. One thread at a time.
class PgConnection {
 public:
  // Connects. The server is told `application_name`, in UTF-8 as every text is.
  PgConnection(const exporter::CollectContext& context, PgDsn dsn,
               const std::string& application_name);
  ~PgConnection();
  PgConnection(const PgConnection&) = delete;
  PgConnection& operator=(const PgConnection&) = delete;

  // Runs one or several statements without parameters, for their effect.
  void Execute(const exporter::CollectContext& context, const std::string& statements);
  // What becomes of rows above max_rows, when the statement ends as kLimit: to
  // break the connection is what stops the server at once; to drain it keeps
  // what belongs to the session.
  enum class Excess { kBreaks, kDrains };
  // Runs one statement and reads its rows as they come.
  Rows Query(const exporter::CollectContext& context, const std::string& statement,
             const std::vector<std::string>& parameters, std::size_t max_rows,
             Excess excess = Excess::kBreaks);
  // The same over the simple protocol: for several statements, of which one has rows, and for who
  // speaks no other, PgBouncer's console.
  Rows SimpleQuery(const exporter::CollectContext& context, const std::string& statement,
                   std::size_t max_rows);

  int server_version() const { return ::PQserverVersion(connection_.get()); }
  // The server process, as the server or a pooler before it said at the start.
  int backend_pid() const { return ::PQbackendPID(connection_.get()); }
  // Whether the database holds bytes of no known encoding (SQL_ASCII): in UTF-8
  // the server would refuse to send them.
  bool holds_raw_bytes() const;
  // As libpq took it: from the DSN, the environment or a service file.
  std::string target_session_attrs() const;
  // Whether the last failure, if there was one, was the server's answer to a
  // statement, so that another may follow.
  bool usable() const { return !broken_; }

 private:
  // Ends libpq's state. The farewell that libpq writes does not wait.
  struct Finish {
    void operator()(PGconn* connection) const;
  };
  struct Clear {
    void operator()(PGresult* result) const { ::PQclear(result); }
  };
  using Result = std::unique_ptr<PGresult, Clear>;

  void Connect(const exporter::CollectContext& context);
  void ReceiveWelcome(const exporter::CollectContext& context);
  void SendOff(const exporter::CollectContext& context);
  // Waits until the socket is ready for `events`, poll()'s.
  void Await(const exporter::CollectContext& context, short events) const;
  void Flush(const exporter::CollectContext& context);
  void Receive(const exporter::CollectContext& context);
  // Null when the answer is over.
  Result Next(const exporter::CollectContext& context);
  // Reads an answer to its end and gives what is good of it to `take`; then
  // throws what the server refused.
  void ReadAnswer(const exporter::CollectContext& context,
                  const std::function<void(const PGresult&)>& take);
  // The rows of a statement that was sent, whether libpq took it or not.
  Rows ReadRows(const exporter::CollectContext& context, bool was_taken, std::size_t max_rows,
                Excess excess);
  [[noreturn]] void Break(const exporter::CollectContext& context);

  std::unique_ptr<SlicedSocket> socket_;  // Null until libpq first reads.
  std::unique_ptr<PGconn, Finish> connection_;
  std::size_t unparsed_ = 0;  // Bytes received since the last row or result.
  bool broken_ = true;        // Until an answer was read to its end.
};

}  // namespace collectors
