#pragma once

#include <memory>
#include <string>

#include "collectors/clients/postgres/pg_server_role.h"
#include "collectors/clients/sql/sql_session.h"
#include "exporter/seam/deadline.h"

namespace collectors {

class PgConnection;

// An SqlSession with a PostgreSQL server, through PgBouncer too: all settings of
// a statement are local to its transaction (PgOpening), so none outlives it in a
// pool. A statement costs three round trips: settings, itself, COMMIT. The
// connection is kept from run to run, unless the target says otherwise, and given
// up after any failure but the server's plain refusal of a statement; one that the
// server closed meanwhile is opened again once. So is one whose server is no longer
// what the DSN's target_session_attrs wants: before the statement, not after it.
// With prefer-standby a session on a primary looks for a standby over a second
// connection for a moment: at once when its standby has become the primary, and
// else every target.standby_search.
class PgSession : public SqlSession {
 public:
  // `database` is the DSN's where it is empty.
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
  // Throws kConnect where the server is no longer what the DSN wants.
  void CheckRole(const PgServerRole& role);
  void SearchStandby(const exporter::CollectContext& context);
  // Leaves the connection ready for another statement, or gone.
  void Abort(const exporter::CollectContext& context);

  SqlTarget target_;
  std::string database_;
  std::string server_name_;
  std::string search_path_;  // As the DSN was when it was last read.
  std::unique_ptr<PgConnection> connection_;
  PgWantedRole wanted_;
  bool on_standby_ = false;           // When it was last asked.
  exporter::SteadyTime next_search_;  // Of a standby, by who prefers one.
  bool server_may_check_client_ = true;
  bool pinned_ = false;
};

}  // namespace collectors
