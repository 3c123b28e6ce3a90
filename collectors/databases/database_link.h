#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "collectors/clients/sql/sql_session.h"
#include "collectors/databases/database_list.h"

namespace collectors {

// A session with another database of a server during a visit. It is opened when first needed, and
// again before a statement if it is older than `longest`. There is never more than one connection.
// Not thread-safe.
class DatabaseLink : public SqlSession {
 public:
  // Opens connections within `visit`. All references must outlive the link.
  DatabaseLink(SqlSession& own, const exporter::CollectContext& visit,
               const ServerDatabase& database, std::chrono::milliseconds longest)
      : own_(own), visit_(visit), database_(database), longest_(longest) {}

  Rows Query(const exporter::CollectContext& context, const SqlStatement& statement) override {
    return Opened().Query(context, statement);
  }
  int ServerVersion(const exporter::CollectContext& context) override {
    return Opened().ServerVersion(context);
  }
  std::string ServerName() const override { return own_.ServerName(); }
  SqlDialect dialect() const override { return own_.dialect(); }
  int BackendPid() const override { return other_ == nullptr ? 0 : other_->BackendPid(); }

  // Throws the error that prevented a connection, which is not a failure of the statement that
  // needed it. After such an error no connection is tried again.
  void Check() const;

 private:
  SqlSession& Opened();
  void Open();

  SqlSession& own_;
  const exporter::CollectContext& visit_;
  const ServerDatabase& database_;
  std::chrono::milliseconds longest_;
  std::unique_ptr<SqlSession> other_;
  exporter::SteadyTime opened_at_;
  std::optional<exporter::CollectError> failure_;
};

}  // namespace collectors
