#include "collectors/clients/postgres/pg_session.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "collectors/clients/postgres/pg_connection.h"
#include "collectors/clients/postgres/pg_dsn.h"
#include "collectors/clients/postgres/pg_transaction.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A search for a standby takes at most this part of the remaining time, and at most kLongestSearch.
constexpr int kSearchShare = 4;
constexpr milliseconds kLongestSearch(1000);

// The current DSN of the target. The texts of the exceptions caught here hold no secret.
PgDsn DsnOf(const SqlTarget& target) {
  try {
    return ParsePgDsn(target.dsn.Load().Reveal());
  } catch (const std::invalid_argument& error) {
    throw CollectError(ErrorKind::kConnect, std::string("the DSN cannot be used: ") + error.what());
  } catch (const std::runtime_error& error) {
    throw CollectError(ErrorKind::kConnect, error.what());
  }
}

}  // namespace

PgSession::PgSession(SqlTarget target, std::string database)
    : target_(std::move(target)), database_(std::move(database)) {
  try {
    server_name_ = DsnOf(target_).server_name;
  } catch (const CollectError&) {
    // The file may not exist yet: each connection attempt reads it again.
    server_name_.clear();
  }
}

PgSession::~PgSession() = default;

std::unique_ptr<PgConnection> PgSession::Open(const CollectContext& context) {
  PgDsn dsn = DsnOf(target_);
  server_name_ = dsn.server_name;
  search_path_ = target_.uses_search_path ? dsn.search_path : "";
  if (!database_.empty()) dsn.Set("dbname", database_);
  try {
    return std::make_unique<PgConnection>(context, std::move(dsn), target_.application_name);
  } catch (const CollectError& error) {
    throw error.Saying(server_name_ + ": " + error.what());
  }
}

PgConnection& PgSession::Connected(const CollectContext& context) {
  if (connection_) return *connection_;
  if (pinned_) throw CollectError(ErrorKind::kConnect, server_name_ + ": the session has ended");
  connection_ = Open(context);
  wanted_ = PgWantedRole(connection_->target_session_attrs());
  on_standby_ = false;
  next_search_ = steady_clock::now() + target_.standby_search;  // libpq has just searched.
  return *connection_;
}

void PgSession::EndRun() {
  if (!target_.keep_connected) connection_.reset();
}

int PgSession::BackendPid() const { return connection_ ? connection_->backend_pid() : 0; }

std::unique_ptr<SqlSession> PgSession::OtherDatabase(const std::string& database) {
  return std::make_unique<PgSession>(target_, database);
}

int PgSession::ServerVersion(const CollectContext& context) {
  return Connected(context).server_version();
}

void PgSession::OpenTransaction(const CollectContext& context, const SqlStatement& statement) {
  PgConnection& connection = Connected(context);
  const PgTransaction transaction = {.server_version = connection.server_version(),
                                     .remaining = context.deadline.Remaining(),
                                     .timeout = target_.timeout,
                                     .parallel = statement.parallel,
                                     .checks_client = server_may_check_client_,
                                     .holds_raw_bytes = connection.holds_raw_bytes(),
                                     .tells_role = !wanted_.any(),
                                     .accepts_row_security = target_.accepts_row_security,
                                     .search_path = search_path_};
  const Rows answer = connection.SimpleQuery(context, PgOpening(transaction), 1);
  if (const auto role = PgRoleIn(answer); role && !wanted_.any()) CheckRole(*role);
}

void PgSession::CheckRole(const PgServerRole& role) {
  const bool was_promoted = std::exchange(on_standby_, role.in_recovery) && !role.in_recovery;
  const bool lost_preference = wanted_.prefers_standby() && was_promoted;
  // What belongs to a pinned session stays on its server, so the session can only end.
  if (!wanted_.Fits(role) || (lost_preference && pinned_)) {
    throw CollectError(ErrorKind::kConnect,
                       server_name_ + ": the server is no longer what target_session_attrs wants");
  }
  if (lost_preference) next_search_ = steady_clock::now();
}

void PgSession::TryBegin(const CollectContext& context, const SqlStatement& statement) {
  OpenTransaction(context, statement);
  if (!wanted_.prefers_standby() || on_standby_ || pinned_ || steady_clock::now() < next_search_) {
    return;
  }
  connection_->Execute(context, "ROLLBACK");
  SearchStandby(context);
  OpenTransaction(context, statement);
}

// An unreachable server could take all of the remaining time, and the session already has a usable
// server: so the search is short and uses a second connection.
void PgSession::SearchStandby(const CollectContext& context) {
  const auto now = steady_clock::now();
  next_search_ = now + target_.standby_search;
  const auto time = std::min(context.deadline.Remaining() / kSearchShare, kLongestSearch);
  const CollectContext search{exporter::Deadline::At(now + time), context.watchdog};
  try {
    auto found = Open(search);
    const Rows answer = found->SimpleQuery(search, "SELECT pg_catalog.pg_is_in_recovery()", 1);
    if (answer.cells.empty() || answer.cells[0][0] != "t") return;
    connection_ = std::move(found);
  } catch (const CollectError&) {
    return;  // Keep the present connection.
  }
}

// The statement has not been sent before this succeeds, so it may be tried again: on a new
// connection if the kept one was dead, and without the check of the client if the server's
// operating system does not support it.
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
    connection_.reset();  // The first failure is reported.
  }
}

}  // namespace collectors
