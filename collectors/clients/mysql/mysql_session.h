#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "collectors/clients/sql/sql_session.h"

namespace collectors {

class MysqlConnection;
struct MysqlDsn;

// An SqlSession with a MySQL or MariaDB server. A statement costs four round trips: settings, START
// TRANSACTION READ ONLY, the statement, COMMIT; one more if it has warnings, and one more for the
// time zone of timestamps. The connection is kept between runs unless the target says otherwise.
// Any failure drops it, except the server's plain refusal of a statement. If the server closed it
// meanwhile, it is opened again once. The server also gets a time limit for each statement
// (MariaDB's max_statement_time, MySQL's max_execution_time); otherwise it would keep working after
// we have left. Statements cannot have parameters: the protocol supports them only in prepared
// statements.
class MysqlSession : public SqlSession {
 public:
  // An empty `database` means the DSN's.
  explicit MysqlSession(SqlTarget target, std::string database = "");
  ~MysqlSession() override;
  MysqlSession(const MysqlSession&) = delete;
  MysqlSession& operator=(const MysqlSession&) = delete;

  Rows Query(const exporter::CollectContext& context, const SqlStatement& statement) override;
  int ServerVersion(const exporter::CollectContext& context) override;
  std::string ServerName() const override { return server_name_; }
  SqlDialect dialect() const override { return SqlDialect::kMysql; }
  void EndRun() override;
  std::unique_ptr<SqlSession> OtherDatabase(const std::string& database) override;

 private:
  MysqlConnection& Connected(const exporter::CollectContext& context);
  void Connect(const exporter::CollectContext& context, const MysqlDsn& dsn);
  void Begin(const exporter::CollectContext& context);
  void TryBegin(const exporter::CollectContext& context);
  // Makes the connection ready for another statement, or drops it.
  void Abort(const exporter::CollectContext& context);

  SqlTarget target_;
  std::string database_;
  std::string server_name_;
  std::unique_ptr<MysqlConnection> connection_;
  std::chrono::milliseconds limit_{0};  // The statement's time limit, as sent to the server.
};

}  // namespace collectors
