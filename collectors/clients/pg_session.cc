#include "collectors/clients/pg_session.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "collectors/clients/pg_connection.h"
#include "collectors/clients/pg_dsn.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;
using std::chrono::milliseconds;

// What the server's own end of a statement needs to reach us before ours.
constexpr milliseconds kAnswerTime(200);
constexpr int kAnswerShare = 5;  // Of a short time, at most this part.
constexpr milliseconds kLeastTimeout(10);
// A server whose client reads no more waits in a write that no statement_timeout
// ends: its own end of the connection does. Not so short that a lost packet would.
constexpr milliseconds kLeastTcpTimeout(2000);
// One locked table must not eat the whole run.
constexpr int kLockShare = 10;
constexpr milliseconds kClientCheckInterval(1000);
constexpr int kFirstVersionThatChecksClient = 140000;

// Where the target leads now. The texts of what is caught here hold no secret.
PgDsn DsnOf(const SqlTarget& target) {
  try {
    return ParsePgDsn(target.dsn.Load().Reveal());
  } catch (const std::invalid_argument& error) {
    throw CollectError(ErrorKind::kConnect, std::string("the DSN cannot be used: ") + error.what());
  } catch (const std::runtime_error& error) {
    throw CollectError(ErrorKind::kConnect, error.what());
  }
}

std::string SetLocal(const std::string& name, milliseconds value) {
  return "; SET LOCAL " + name + " = " + std::to_string(value.count());
}

std::string SettingsText(milliseconds remaining, milliseconds timeout) {
  const milliseconds answer = std::min(kAnswerTime, remaining / kAnswerShare);
  const milliseconds limit = std::max(remaining - answer, kLeastTimeout);
  const milliseconds lock = std::clamp(timeout / kLockShare, milliseconds(1), limit);
  return SetLocal("statement_timeout", limit) + SetLocal("lock_timeout", lock) +
         SetLocal("idle_in_transaction_session_timeout", std::max(remaining, kLeastTimeout)) +
         SetLocal("tcp_user_timeout", std::max(remaining, kLeastTcpTimeout));
}

}  // namespace

PgSession::PgSession(SqlTarget target, std::string database)
    : target_(std::move(target)), database_(std::move(database)) {
  try {
    server_name_ = DsnOf(target_).server_name;
  } catch (const CollectError&) {
    // A file that is not there yet: each connect looks again.
    server_name_.clear();
  }
}

PgSession::~PgSession() = default;

PgConnection& PgSession::Connected(const CollectContext& context) {
  if (connection_) return *connection_;
  if (pinned_) throw CollectError(ErrorKind::kConnect, server_name_ + ": the session has ended");
  PgDsn dsn = DsnOf(target_);
  server_name_ = dsn.server_name;
  if (!database_.empty()) dsn.Set("dbname", database_);
  try {
    connection_ = std::make_unique<PgConnection>(context, std::move(dsn), target_.application_name);
  } catch (const CollectError& error) {
    throw CollectError(error.kind(), server_name_ + ": " + error.what());
  }
  return *connection_;
}

int PgSession::BackendPid() const { return connection_ ? connection_->backend_pid() : 0; }

std::unique_ptr<SqlSession> PgSession::OtherDatabase(const std::string& database) {
  return std::make_unique<PgSession>(target_, database);
}

int PgSession::ServerVersion(const CollectContext& context) {
  return Connected(context).server_version();
}

void PgSession::TryBegin(const CollectContext& context, const SqlStatement& statement) {
  PgConnection& connection = Connected(context);
  std::string text =
      "BEGIN READ ONLY" + SettingsText(context.deadline.Remaining(), target_.timeout);
  if (!statement.parallel) text += "; SET LOCAL max_parallel_workers_per_gather = 0";
  if (connection.holds_raw_bytes()) text += "; SET LOCAL client_encoding = 'SQL_ASCII'";
  if (server_may_check_client_ && connection.server_version() >= kFirstVersionThatChecksClient) {
    text += SetLocal("client_connection_check_interval", kClientCheckInterval);
  }
  connection.Execute(context, text);
}

// Nothing has been asked before this succeeds, so that it may be tried again:
// on a new connection when the kept one was dead, and without the check of the
// client on an operating system where the server has none.
void PgSession::Begin(const CollectContext& context, const SqlStatement& statement) {
  const bool kept = connection_ != nullptr;
  try {
    return TryBegin(context, statement);
  } catch (const CollectError& error) {
    connection_.reset();
    const bool was_dead = kept && !pinned_ && error.kind() == ErrorKind::kConnect;
    const bool was_refused = error.kind() == ErrorKind::kQuery && server_may_check_client_;
    if (!was_dead && !was_refused) throw;
    if (was_refused) server_may_check_client_ = false;
  }
  try {
    TryBegin(context, statement);
  } catch (...) {
    connection_.reset();
    throw;
  }
}

Rows PgSession::Query(const CollectContext& context, const SqlStatement& statement) {
  Begin(context, statement);
  try {
    using Excess = PgConnection::Excess;
    Rows rows = connection_->Query(context, statement.text, statement.parameters,
                                   statement.max_rows, pinned_ ? Excess::kDrains : Excess::kBreaks);
    connection_->Execute(context, "COMMIT");
    return rows;
  } catch (...) {
    Abort(context);
    throw;
  }
}

void PgSession::Abort(const CollectContext& context) {
  if (!connection_->usable()) return connection_.reset();
  try {
    connection_->Execute(context, "ROLLBACK");
  } catch (const CollectError&) {
    connection_.reset();  // What failed first is what is told.
  }
}

}  // namespace collectors
