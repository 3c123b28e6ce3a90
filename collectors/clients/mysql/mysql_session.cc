#include "collectors/clients/mysql/mysql_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "collectors/clients/mysql/mysql_connection.h"
#include "collectors/clients/mysql/mysql_dsn.h"
#include "collectors/clients/mysql/mysql_error.h"
#include "collectors/clients/mysql/mysql_locking_read.h"
#include "collectors/clients/mysql/mysql_zone.h"
#include "collectors/clients/net/resolve.h"
#include "collectors/clients/net/shown_text.h"
#include "collectors/clients/net/url_parts.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;
using exporter::Outlook;
using std::chrono::milliseconds;
using std::chrono::seconds;

// The server's own timeout error needs this time to reach us before our deadline.
constexpr milliseconds kAnswerTime(200);
constexpr milliseconds kLeastTimeout(10);
constexpr std::size_t kMostWarnings = 1000;  // The server keeps at most max_error_count.
// One locked table must not take the whole run.
constexpr int kLockShare = 10;
constexpr unsigned long kFirstMariadbThatEndsIdleTransactions = 100300;

// The current DSN of the target. The texts of the exceptions caught here hold no secret.
MysqlDsn DsnOf(const SqlTarget& target) {
  try {
    return ParseMysqlDsn(target.dsn.Load().Reveal());
  } catch (const std::invalid_argument& error) {
    throw CollectError(ErrorKind::kConnect, std::string("the DSN cannot be used: ") + error.what());
  } catch (const std::runtime_error& error) {
    throw CollectError(ErrorKind::kConnect, error.what());
  }
}

// The servers take only whole seconds here, at least one.
seconds::rep WholeSeconds(milliseconds time) {
  return std::max<seconds::rep>(1, std::chrono::ceil<seconds>(time).count());
}

enum class Server { kAny, kMysql, kMariadb };

struct Setting {
  const char* text;
  Server server;
};

// Settings that init_connect or the server may have changed, and that would hurt its other clients
// or falsify what we read. sql_mode stays: our texts mean the same in all of its modes, and the
// user's statement means what it means to the application. autocommit stays too: no statement runs
// outside a transaction.
constexpr Setting kSettings[] = {
    // A SERIALIZABLE read locks its rows, and the application's UPDATE waits until it times out.
    // REPEATABLE READ would keep old versions of rows until COMMIT. READ UNCOMMITTED counts rows
    // that may never be committed.
    {"SESSION transaction_isolation = 'READ-COMMITTED'", Server::kMysql},
    {"SESSION tx_isolation = 'READ-COMMITTED'", Server::kMariadb},
    // CREATE TABLE ends the read-only transaction around it, so the next transaction must be
    // read-only too.
    {"SESSION transaction_read_only = 1", Server::kMysql},
    {"SESSION tx_read_only = 1", Server::kMariadb},
    // CHAIN would open another transaction after ours, and RELEASE would end the connection.
    {"SESSION completion_type = 0", Server::kAny},
    // Without a list of warnings nothing shows that a statement was cut off. MySQL requires a
    // privilege for this setting, but reports a statement that was cut off as an error.
    {"SESSION max_error_count = 64", Server::kMariadb},
    // It would cut off rows silently.
    {"SESSION sql_select_limit = 18446744073709551615", Server::kAny},
    {"SESSION character_set_client = utf8mb4", Server::kAny},
    {"SESSION character_set_results = utf8mb4", Server::kAny},
};

milliseconds LimitOf(milliseconds remaining) {
  return std::max(remaining - kAnswerTime, kLeastTimeout);
}

// Session settings, set again before each statement.
std::string SettingsText(const MysqlConnection& connection, milliseconds remaining,
                         milliseconds timeout) {
  const milliseconds limit = LimitOf(remaining);
  const auto lock =
      std::max<seconds::rep>(1, std::chrono::duration_cast<seconds>(timeout / kLockShare).count());
  std::string text = fmt::format(
      "SET SESSION lock_wait_timeout = {0}, SESSION innodb_lock_wait_timeout = {0}", lock);
  const Server other = connection.is_mariadb() ? Server::kMysql : Server::kMariadb;
  for (const Setting& setting : kSettings) {
    if (setting.server != other) text += fmt::format(", {}", setting.text);
  }
  if (!connection.is_mariadb()) {
    return text + fmt::format(", SESSION max_execution_time = {}", limit.count());
  }
  text += fmt::format(", SESSION max_statement_time = {}.{:03}", limit.count() / 1000,
                      limit.count() % 1000);
  if (connection.server_version() >= kFirstMariadbThatEndsIdleTransactions) {
    text += fmt::format(", SESSION idle_readonly_transaction_timeout = {}",
                        WholeSeconds(std::max(remaining, kLeastTimeout)));
  }
  return text;
}

// A statement that was cut off may still return an answer, such as a count of 0. Then a warning
// shows it.
void CheckWarnings(const CollectContext& context, MysqlConnection& connection) {
  if (connection.warning_count() == 0) return;
  const Rows warnings = connection.Query(context, "SHOW WARNINGS", kMostWarnings);
  for (const auto& cells : warnings.cells) {
    if (cells.size() < 3 || !cells[1] || !cells[2]) continue;
    const auto number = static_cast<unsigned>(
        UrlNumber(*cells[1], 10, std::numeric_limits<int>::max()).value_or(0));
    if (IsOfCutStatement(number)) {
      throw CollectError(KindOfMysqlError(number), ShownText(*cells[2]),
                         PassesByMysqlError(number) ? Outlook::kPassing : Outlook::kLasting);
    }
  }
}

bool NamesSleep(std::string_view statement) {
  const auto is_same = [](char letter, char upper) {
    return std::toupper(static_cast<unsigned char>(letter)) == upper;
  };
  constexpr std::string_view kSleep = "SLEEP";
  return std::search(statement.begin(), statement.end(), kSleep.begin(), kSleep.end(), is_same) !=
         statement.end();
}

// MySQL ends SLEEP() with an answer and without a warning. Any other statement that it cuts off is
// an error.
void CheckTime(const MysqlConnection& connection, std::string_view statement, milliseconds taken,
               milliseconds limit) {
  if (connection.is_mariadb() || taken < limit || !NamesSleep(statement)) return;
  throw CollectError(ErrorKind::kTimeout,
                     "the statement took all of its time: its answer may be cut off");
}

// In a zone with summer time, only the server knows the offset of a time (UNIX_TIMESTAMP).
void FindZone(const CollectContext& context, MysqlConnection& connection, Rows& rows) {
  if (std::ranges::find(rows.types, ColumnType::kTimestamp) == rows.types.end()) return;
  const Rows zone = connection.Query(
      context, "SELECT IF(@@time_zone = 'SYSTEM', @@system_time_zone, @@time_zone)", 1);
  const bool has_name = zone.cells.size() == 1 && zone.cells[0].size() == 1 && zone.cells[0][0];
  if (const auto offset = has_name ? MysqlZoneOffset(*zone.cells[0][0]) : std::nullopt) {
    rows.utc_offset = *offset;
  } else {
    std::ranges::replace(rows.types, ColumnType::kTimestamp, ColumnType::kZoneTime);
  }
}

}  // namespace

MysqlSession::MysqlSession(SqlTarget target, std::string database)
    : target_(std::move(target)), database_(std::move(database)) {
  try {
    server_name_ = DsnOf(target_).Name();
  } catch (const CollectError&) {
    // The file may not exist yet: each connection attempt reads it again.
    server_name_.clear();
  }
}

MysqlSession::~MysqlSession() = default;

MysqlConnection& MysqlSession::Connected(const CollectContext& context) {
  if (connection_) return *connection_;
  MysqlDsn dsn = DsnOf(target_);
  server_name_ = dsn.Name();
  if (!database_.empty()) dsn.database = database_;
  try {
    Connect(context, dsn);
  } catch (const CollectError& error) {
    throw error.Saying(server_name_ + ": " + error.what());
  }
  return *connection_;
}

// Tries the host's addresses in turn. Only kConnect leads to the next one: other errors are the
// server's answer.
void MysqlSession::Connect(const CollectContext& context, const MysqlDsn& dsn) {
  const std::string& name = target_.application_name;
  if (!dsn.socket.empty()) {
    UnixAddress(dsn.socket);  // Checks the length: the library copies any path.
    connection_ = std::make_unique<MysqlConnection>(context, dsn, nullptr, name);
    return;
  }
  std::optional<CollectError> failure;
  for (const SocketAddress& address : Resolve(context, dsn.host, dsn.port)) {
    try {
      connection_ = std::make_unique<MysqlConnection>(context, dsn, &address, name);
      return;
    } catch (const CollectError& error) {
      if (error.kind() != ErrorKind::kConnect) throw;
      failure = error;
    }
  }
  throw CollectError(failure.value_or(CollectError(ErrorKind::kConnect, "it has no address")));
}

void MysqlSession::EndRun() {
  if (!target_.keep_connected) connection_.reset();
}

std::unique_ptr<SqlSession> MysqlSession::OtherDatabase(const std::string& database) {
  return std::make_unique<MysqlSession>(target_, database);
}

int MysqlSession::ServerVersion(const CollectContext& context) {
  Connected(context);
  return 0;
}

void MysqlSession::TryBegin(const CollectContext& context) {
  MysqlConnection& connection = Connected(context);
  const milliseconds remaining = context.deadline.Remaining();
  limit_ = LimitOf(remaining);
  connection.Execute(context, SettingsText(connection, remaining, target_.timeout));
  connection.Execute(context, "START TRANSACTION READ ONLY");
}

// The statement has not been sent before this succeeds, so it may be tried again on a new
// connection if the kept one was dead.
void MysqlSession::Begin(const CollectContext& context) {
  const bool kept = connection_ != nullptr;
  try {
    return TryBegin(context);
  } catch (const CollectError& error) {
    connection_.reset();
    if (!kept || error.kind() != ErrorKind::kConnect) throw;
  }
  try {
    TryBegin(context);
  } catch (...) {
    connection_.reset();
    throw;
  }
}

Rows MysqlSession::Query(const CollectContext& context, const SqlStatement& statement) {
  if (!statement.parameters.empty()) {
    throw CollectError(ErrorKind::kQuery, "a statement for MySQL can have no parameters");
  }
  if (AsksForRowLocks(statement.text)) {
    throw CollectError(ErrorKind::kQuery,
                       "the statement would lock the rows that it reads: leave out FOR UPDATE, "
                       "FOR SHARE or LOCK IN SHARE MODE");
  }
  Begin(context);
  try {
    const milliseconds before = context.deadline.Remaining();
    Rows rows = connection_->Query(context, statement.text, statement.max_rows);
    CheckTime(*connection_, statement.text, before - context.deadline.Remaining(), limit_);
    CheckWarnings(context, *connection_);
    FindZone(context, *connection_, rows);
    connection_->Execute(context, "COMMIT");
    return rows;
  } catch (...) {
    Abort(context);
    throw;
  }
}

void MysqlSession::Abort(const CollectContext& context) {
  if (!connection_->usable()) return connection_.reset();
  try {
    connection_->Execute(context, "ROLLBACK");
  } catch (const CollectError&) {
    connection_.reset();  // The first failure is reported.
  }
}

}  // namespace collectors
