#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "collectors/clients/sql/sql_session.h"
#include "collectors/series/db_time.h"
#include "exporter/seam/family_set.h"

namespace collectors {

// An SqlSession that measures the cost of each statement and reports it to DbTime. The measure is
// the time until the answer, waits for locks and for the network included, so it is never less than
// the server's work. The server ends a statement before our deadline does, so if an answer is still
// missing then, the server is not working on it.
class MeteredSession : public SqlSession {
 public:
  MeteredSession(std::unique_ptr<SqlSession> session, std::shared_ptr<DbTime> db_time)
      : MeteredSession(std::move(session), std::move(db_time), std::make_shared<Outcomes>()) {}

  Rows Query(const exporter::CollectContext& context, const SqlStatement& statement) override;
  int ServerVersion(const exporter::CollectContext& context) override {
    return session_->ServerVersion(context);
  }
  std::string ServerName() const override { return session_->ServerName(); }
  SqlDialect dialect() const override { return session_->dialect(); }
  void Pin(bool pinned) override { session_->Pin(pinned); }
  void EndRun() override { session_->EndRun(); }
  int BackendPid() const override { return session_->BackendPid(); }
  // The other session's statements are reported together with this session's.
  std::unique_ptr<SqlSession> OtherDatabase(const std::string& database) override;
  void ForgetDatabase(const std::string& database) override;

  // Adds exporter_db_time_seconds_total, and for each statement with a name
  // exporter_query_duration_seconds, exporter_query_rows and
  // exporter_query_last_success_timestamp_seconds.
  void Write(exporter::FamilySet& families) const;

 private:
  struct Outcome {
    double duration_seconds = 0;   // Of the last execution.
    std::size_t rows = 0;          // Of the last success.
    double last_success_unix = 0;  // 0 before the first success.
  };
  // By the statement's name and database. Bounded by the configured statements, times the
  // databases.
  using Outcomes = std::map<std::pair<std::string, std::string>, Outcome>;

  MeteredSession(std::unique_ptr<SqlSession> session, std::shared_ptr<DbTime> db_time,
                 std::shared_ptr<Outcomes> outcomes)
      : session_(std::move(session)),
        db_time_(std::move(db_time)),
        outcomes_(std::move(outcomes)) {}

  // Returns how many processes may work on the statement.
  int Processes(const exporter::CollectContext& context, const SqlStatement& statement);

  std::unique_ptr<SqlSession> session_;
  std::shared_ptr<DbTime> db_time_;
  std::shared_ptr<Outcomes> outcomes_;
  std::optional<int> workers_;  // The server's setting; asked once.
};

}  // namespace collectors
