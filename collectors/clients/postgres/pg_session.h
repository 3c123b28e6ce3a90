#pragma once

#include <memory>
#include <string>

#include "collectors/clients/postgres/pg_server_role.h"
#include "collectors/clients/sql/sql_session.h"
#include "exporter/seam/deadline.h"

namespace collectors {

class PgConnection;

// An SqlSession with a PostgreSQL server, also through PgBouncer: all settings of a statement are
// local to its transaction (see PgOpening()), so none remain in a pool. A statement costs three
// round trips: the settings, the statement, COMMIT. The connection is kept between runs unless the
// target says otherwise. Any failure drops it, except the server's plain refusal of a statement. If
// the server closed it meanwhile, or no longer fits the DSN's target_session_attrs, it is opened
// again once, before the statement, never after it. With prefer-standby, a session on a primary
// searches briefly for a standby over a second connection: at once if its standby has become the
// primary, otherwise every target.standby_search.
class PgSession : public SqlSession {
 public:
  // An empty `database` means the DSN's.
  explicit PgSession(SqlTarget target, std::string database = "");
  ~PgSession() override;
  PgSession(const PgSession&) = delete;
  PgSession& operator=(const PgSession&) = delete;

  Rows Query(const exporter::CollectContext& context, const SqlStatement& statement) override;
  int ServerVersion(const exporter::CollectContext& context) override;
  std::string ServerName() const override { return server_name_; }
  SqlDialect dialect() const override { return SqlDialect::kPostgres; }
  void Pin(bool pinned) override { pinned_ = pinned; }
  void EndRun() override;
  int BackendPid() const override;
  std::unique_ptr<SqlSession> OtherDatabase(const std::string& database) override;

 private:
  std::unique_ptr<PgConnection> Open(const exporter::CollectContext& context);
  PgConnection& Connected(const exporter::CollectContext& context);
  void Begin(const exporter::CollectContext& context, const SqlStatement& statement);
  void TryBegin(const exporter::CollectContext& context, const SqlStatement& statement);
  void OpenTransaction(const exporter::CollectContext& context, const SqlStatement& statement);
  // Throws kConnect if the server no longer has the role that the DSN requires.
  void CheckRole(const PgServerRole& role);
  void SearchStandby(const exporter::CollectContext& context);
  // Makes the connection ready for another statement, or drops it.
  void Abort(const exporter::CollectContext& context);

  SqlTarget target_;
  std::string database_;
  std::string server_name_;
  std::string search_path_;  // From the DSN when it was last read.
  std::unique_ptr<PgConnection> connection_;
  PgWantedRole wanted_;
  bool on_standby_ = false;           // At the last opening.
  exporter::SteadyTime next_search_;  // The next search for a standby, with prefer-standby.
  bool server_may_check_client_ = true;
  bool pinned_ = false;
};

}  // namespace collectors
