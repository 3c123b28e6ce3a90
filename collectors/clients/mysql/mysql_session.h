#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "collectors/clients/sql/sql_session.h"

namespace collectors {

class MysqlConnection;
struct MysqlDsn;

// An SqlSession with a MySQL or MariaDB server. A statement costs four round
// trips: settings, START TRANSACTION READ ONLY, itself, COMMIT. The connection is
// kept from run to run and given up after any failure but the server's plain
// refusal of a statement; one that the server closed meanwhile is opened again
// once. The server is asked to give up in time as well (MariaDB's
// max_statement_time, MySQL's max_execution_time), or it would work on for nobody.
// Statements have no parameters here: the protocol knows them in prepared
// statements only.
class MysqlSession : public SqlSession {
 public:
  // `database` is the DSN's where it is empty.
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
  // Leaves the connection ready for another statement, or gone.
  void Abort(const exporter::CollectContext& context);

  SqlTarget target_;
  std::string database_;
  std::string server_name_;
  std::unique_ptr<MysqlConnection> connection_;
  std::chrono::milliseconds limit_{0};  // Of the statement, as the server was told.
};

}  // namespace collectors
