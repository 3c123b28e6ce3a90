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

// A connection to a PostgreSQL server. Uses only libpq's asynchronous calls, so each wait is ours
// and ends by context.deadline. (libpq's blocking calls take no deadline; its connect_timeout is in
// seconds, at least two.) Everything throws CollectError. If `usable()` is false after a failure,
// the connection can only be destroyed. One thread at a time.
class PgConnection {
 public:
  // Connects. `application_name` is sent to the server, in UTF-8 like every text.
  PgConnection(const exporter::CollectContext& context, PgDsn dsn,
               const std::string& application_name);
  ~PgConnection();
  PgConnection(const PgConnection&) = delete;
  PgConnection& operator=(const PgConnection&) = delete;

  // Runs one or more statements without parameters and ignores their rows.
  void Execute(const exporter::CollectContext& context, const std::string& statements);
  // What to do with rows above max_rows; the statement fails with kLimit either way. kBreaks breaks
  // the connection, which stops the server at once. kDrains reads the rest, which keeps what
  // belongs to the session.
  enum class Excess { kBreaks, kDrains };
  // Runs one statement and reads its rows as they arrive.
  Rows Query(const exporter::CollectContext& context, const std::string& statement,
             const std::vector<std::string>& parameters, std::size_t max_rows,
             Excess excess = Excess::kBreaks);
  // Like Query(), over the simple protocol: for several statements of which one has rows, and for
  // PgBouncer's console, which knows no other protocol.
  Rows SimpleQuery(const exporter::CollectContext& context, const std::string& statement,
                   std::size_t max_rows);

  int server_version() const { return ::PQserverVersion(connection_.get()); }
  // The process ID that the server, or a pooler before it, sent at the start.
  int backend_pid() const { return ::PQbackendPID(connection_.get()); }
  // Returns true if the database holds bytes of no known encoding (SQL_ASCII). With client_encoding
  // UTF8 the server would refuse to send them.
  bool holds_raw_bytes() const;
  // Returns the value that libpq used: from the DSN, the environment or a service file.
  std::string target_session_attrs() const;
  // Returns true if the last answer was read to its end, even if it refused the statement: another
  // statement may follow.
  bool usable() const { return !broken_; }

 private:
  // Ends libpq's state. libpq sends its farewell without waiting.
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
  // Waits until the socket is ready for `events`, as poll() defines them.
  void Await(const exporter::CollectContext& context, short events) const;
  void Flush(const exporter::CollectContext& context);
  void Receive(const exporter::CollectContext& context);
  // Returns the next result; null at the end of the answer.
  Result Next(const exporter::CollectContext& context);
  // Reads an answer to its end and passes its good results to `take`. Then throws if the server
  // refused a statement.
  void ReadAnswer(const exporter::CollectContext& context,
                  const std::function<void(const PGresult&)>& take);
  // Reads the rows of a statement. `was_taken`: libpq accepted the statement for sending.
  Rows ReadRows(const exporter::CollectContext& context, bool was_taken, std::size_t max_rows,
                Excess excess);
  [[noreturn]] void Break(const exporter::CollectContext& context);

  std::unique_ptr<SlicedSocket> socket_;  // Null until libpq first reads.
  std::unique_ptr<PGconn, Finish> connection_;
  std::size_t unparsed_ = 0;  // Bytes received since the last row or result.
  bool broken_ = true;        // True until an answer has been read to its end.
};

}  // namespace collectors
