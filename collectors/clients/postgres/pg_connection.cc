#include "collectors/clients/postgres/pg_connection.h"

#include <netdb.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <new>
#include <optional>
#include <utility>

#include "collectors/clients/net/resolve.h"
#include "collectors/clients/net/shown_text.h"
#include "collectors/clients/net/url_parts.h"
#include "collectors/clients/postgres/pg_error.h"
#include "collectors/clients/postgres/pg_types.h"
#include "collectors/clients/postgres/sliced_socket.h"
#include "collectors/clients/sql/answer_size.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;
using exporter::Outlook;

constexpr std::chrono::milliseconds kLongestPoll = std::chrono::hours(1);  // Fits poll()'s int.

// Bounds what all servers of the DSN together may send before the session is ready. An honest
// server sends some kilobytes, and libpq holds a message several times in memory.
constexpr std::size_t kMostWelcomeBytes = std::size_t{1} << 20;

// Our settings if the DSN does not name them. Kerberos is off because libpq asks for its tickets in
// a blocking call. With keepalives and tcp_user_timeout a kept connection notices that its server
// is gone.
constexpr std::pair<const char*, const char*> kDefaults[] = {
    {"gssencmode", "disable"},     {"keepalives", "1"},       {"keepalives_idle", "30"},
    {"keepalives_interval", "10"}, {"keepalives_count", "3"}, {"tcp_user_timeout", "30000"},
};

std::string Joined(const std::vector<std::string>& parts) {
  std::string list;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) list += ',';
    list += part;
  }
  return list;
}

std::string Numeric(const SocketAddress& address) {
  std::array<char, NI_MAXHOST> text = {};
  ::getnameinfo(address.get(), address.length, text.data(), text.size(), nullptr, 0,
                NI_NUMERICHOST);
  return text.data();
}

// Returns the addresses of one host, for libpq; an empty one if the host is a socket's path.
std::vector<std::string> AddressesOf(const CollectContext& context, const std::string& host) {
  if (host.empty() || host.front() == '/' || host.front() == '@') return {""};
  std::vector<std::string> addresses;
  for (const SocketAddress& address : Resolve(context, host, 0)) {
    addresses.push_back(Numeric(address));
  }
  return addresses;
}

// Looks up the names of the hosts, which libpq would do in a call without a deadline. Afterwards
// libpq gets one host for each address. Skips a host without an address if another host has one.
void LookUpHosts(const CollectContext& context, PgDsn& dsn) {
  if (!dsn.Get("hostaddr").empty() || dsn.Get("host").empty()) return;
  const std::vector<std::string> hosts = SplitList(dsn.Get("host"), ',');
  const std::vector<std::string> ports = SplitList(dsn.Get("port"), ',');
  std::vector<std::string> all_hosts;
  std::vector<std::string> all_addresses;
  std::vector<std::string> all_ports;
  std::optional<CollectError> failure;
  for (std::size_t n = 0; n < hosts.size(); ++n) {
    try {
      for (std::string& address : AddressesOf(context, hosts[n])) {
        all_hosts.push_back(hosts[n]);
        all_addresses.push_back(std::move(address));
        all_ports.push_back(ports[std::min(n, ports.size() - 1)]);
      }
    } catch (const CollectError& error) {
      failure = error;
    }
  }
  if (all_hosts.empty()) throw CollectError(*failure);
  dsn.Set("host", Joined(all_hosts));
  dsn.Set("hostaddr", Joined(all_addresses));
  dsn.Set("port", Joined(all_ports));
}

PGconn* Start(const PgDsn& dsn) {
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : dsn.parameters) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  PGconn* const connection = ::PQconnectStartParams(keywords.data(), values.data(), 0);
  if (connection == nullptr) throw std::bad_alloc();
  return connection;
}

[[noreturn]] void FailForTime() {
  throw CollectError(ErrorKind::kTimeout, "the server did not answer in time");
}

// Returns true if the error is the server's and not libpq's.
bool HasState(const PGresult& result) {
  return ::PQresultErrorField(&result, PG_DIAG_SQLSTATE) != nullptr;
}

// The SQLSTATE is that of any missing right, and the text is in the server's language: so the name
// of the server's function decides.
bool IsOfRowSecurity(const PGresult& result) {
  const char* const function = ::PQresultErrorField(&result, PG_DIAG_SOURCE_FUNCTION);
  return function != nullptr && std::string_view(function) == "check_enable_rls";
}

// statement_timeout cancels a statement this shortly before the deadline; a cancel that comes
// earlier is somebody else's.
constexpr std::chrono::milliseconds kOwnTimeout(500);

Outlook OutlookOf(std::string_view state, const CollectContext& context) {
  const bool is_own = state == "57014" && context.deadline.Remaining() < kOwnTimeout;
  return PassesBySqlState(state) && !is_own ? Outlook::kPassing : Outlook::kLasting;
}

CollectError Refusal(const PGresult& result, std::string_view role, const CollectContext& context) {
  const char* const state = ::PQresultErrorField(&result, PG_DIAG_SQLSTATE);
  const char* const text = ::PQresultErrorField(&result, PG_DIAG_MESSAGE_PRIMARY);
  std::string shown = ShownText(text == nullptr ? state : text);
  if (IsOfRowSecurity(result)) shown += "; " + RowSecurityAdvice(role);
  return {KindOfSqlState(state), shown, OutlookOf(state, context)};
}

// For a refusal that leaves the session open: the session itself has not failed, whatever the
// SQLSTATE says. A foreign table's server may be down (08001) or want a password (28000).
CollectError OfStatement(const CollectError& refusal) {
  const bool of_session =
      refusal.kind() == ErrorKind::kConnect || refusal.kind() == ErrorKind::kAuth;
  if (!of_session) return refusal;
  return {ErrorKind::kQuery, refusal.what(),
          refusal.IsPassing() ? Outlook::kPassing : Outlook::kLasting};
}

void SetColumns(const PGresult& result, Rows& rows) {
  for (int n = 0; n < ::PQnfields(&result); ++n) {
    rows.columns.emplace_back(::PQfname(&result, n));
    rows.types.push_back(TypeOfPgColumn(::PQftype(&result, n)));
  }
}

// Returns true if the answer with this row is within its bounds.
bool AppendRow(const PGresult& result, Rows& rows, AnswerSize& size) {
  const int columns = ::PQnfields(&result);
  auto& row = rows.cells.emplace_back(static_cast<std::size_t>(columns));
  size.BeginRow();
  for (int n = 0; n < columns; ++n) {
    const auto length = static_cast<std::size_t>(::PQgetlength(&result, 0, n));
    if (!size.AddCell(length)) return false;
    if (::PQgetisnull(&result, 0, n) != 0) continue;
    row[static_cast<std::size_t>(n)].emplace(::PQgetvalue(&result, 0, n), length);
  }
  return true;
}

// libpq keeps each notification until it is fetched.
void DropNotifications(PGconn* connection) {
  while (PGnotify* const notification = ::PQnotifies(connection)) ::PQfreemem(notification);
}

}  // namespace

PgConnection::~PgConnection() {
  connection_.reset();
  if (socket_) socket_->PassOut();  // Sends as much of the farewell as the socket takes at once.
}

// A server or pooler that waits for a statement gets a farewell, so that it logs no fault. One that
// works on a statement notices the end of the socket.
void PgConnection::Finish::operator()(PGconn* connection) const {
  const PGTransactionStatusType state = ::PQtransactionStatus(connection);
  const bool is_idle =
      state == PQTRANS_IDLE || state == PQTRANS_INTRANS || state == PQTRANS_INERROR;
  const int fd = ::PQsocket(connection);
  if (fd >= 0 && !is_idle) ::shutdown(fd, SHUT_RDWR);
  ::PQfinish(connection);
}

PgConnection::PgConnection(const CollectContext& context, PgDsn dsn,
                           const std::string& application_name) {
  LookUpHosts(context, dsn);
  for (const auto& [keyword, value] : kDefaults) {
    if (dsn.Get(keyword).empty()) dsn.Set(keyword, value);
  }
  dsn.Set("application_name", application_name);
  dsn.Set("client_encoding", "UTF8");
  connection_.reset(Start(dsn));
  // For a failed connection, only this verbosity shows the server's SQLSTATE, and only in the text.
  ::PQsetErrorVerbosity(connection_.get(), PQERRORS_VERBOSE);
  ::PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
  Connect(context);
  if (::PQsetnonblocking(connection_.get(), 1) != 0) Break(context);
}

bool PgConnection::holds_raw_bytes() const {
  const char* const encoding = ::PQparameterStatus(connection_.get(), "server_encoding");
  return encoding != nullptr && std::string_view(encoding) == "SQL_ASCII";
}

std::string PgConnection::target_session_attrs() const {
  const std::unique_ptr<PQconninfoOption, decltype(&::PQconninfoFree)> options(
      ::PQconninfo(connection_.get()), &::PQconninfoFree);
  if (options == nullptr) throw std::bad_alloc();
  const PQconninfoOption* option = options.get();
  while (option->keyword != nullptr &&
         std::string_view(option->keyword) != "target_session_attrs") {
    ++option;
  }
  return option->keyword == nullptr || option->val == nullptr ? "" : option->val;
}

void PgConnection::Connect(const CollectContext& context) {
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  while (::PQstatus(connection_.get()) != CONNECTION_BAD && next != PGRES_POLLING_OK) {
    if (next == PGRES_POLLING_READING) {
      ReceiveWelcome(context);
    } else {
      Await(context, POLLOUT);
    }
    next = ::PQconnectPoll(connection_.get());
    SendOff(context);
    if (next == PGRES_POLLING_FAILED) break;
  }
  unparsed_ = 0;
  if (::PQstatus(connection_.get()) == CONNECTION_OK) return;
  if (context.deadline.Expired()) FailForTime();
  throw ConnectFailure(::PQerrorMessage(connection_.get()));
}

// When libpq first reads, its socket is connected. In this phase the server may also send notices
// of a login trigger, or an error; libpq reads each of them whole.
void PgConnection::ReceiveWelcome(const CollectContext& context) {
  if (!socket_) socket_ = std::make_unique<SlicedSocket>(::PQsocket(connection_.get()));
  if (!socket_->HasUnread()) Await(context, POLLIN);
  unparsed_ += socket_->PassIn();
  if (unparsed_ <= kMostWelcomeBytes) return;
  throw CollectError(ErrorKind::kLimit,
                     "the server sent more than 1 MiB before the session was ready: look for a "
                     "login trigger with long messages, or a long setting of the role");
}

// Sends what libpq wrote while connecting. libpq may have left this server for the next one.
void PgConnection::SendOff(const CollectContext& context) {
  if (!socket_) return;
  const bool is_left = !socket_->IsAt(::PQsocket(connection_.get()));
  while (!socket_->PassOut() && !is_left) Await(context, POLLOUT);
  if (is_left) socket_.reset();
}

void PgConnection::Await(const CollectContext& context, short events) const {
  const int fd = socket_ ? socket_->peer() : ::PQsocket(connection_.get());
  if (context.deadline.Expired()) FailForTime();
  // poll() does not see bytes that OpenSSL has already read.
  if (auto* const tls = static_cast<SSL*>(::PQsslStruct(connection_.get(), "OpenSSL"));
      (events & POLLIN) != 0 && tls != nullptr && ::SSL_pending(tls) > 0) {
    return;
  }
  // libpq may close the socket in any of its calls, so the watchdog guards it only here.
  const auto guard = context.watchdog.Watch(fd, context.deadline);
  pollfd watched = {fd, events, 0};
  const auto left = std::min(context.deadline.Remaining(), kLongestPoll);
  ::poll(&watched, 1, static_cast<int>(left.count()) + 1);
  if (context.deadline.Expired()) FailForTime();
}

void PgConnection::Break(const CollectContext& context) {
  if (context.deadline.Expired()) FailForTime();
  throw BrokenConnection(::PQerrorMessage(connection_.get()));
}

void PgConnection::Flush(const CollectContext& context) {
  for (int left = 1; left != 0;) {
    left = ::PQflush(connection_.get());
    if (left < 0) Break(context);
    if (socket_->PassOut()) continue;
    left = 1;
    Await(context, POLLIN | POLLOUT);
    // A server that cannot send may not read either.
    Receive(context);
  }
}

// libpq holds a message until it is complete, and would hold one of a gigabyte.
void PgConnection::Receive(const CollectContext& context) {
  unparsed_ += socket_->PassIn();
  if (::PQconsumeInput(connection_.get()) == 0) Break(context);
  socket_->PassOut();  // TLS may have output too.
  if (unparsed_ > kMaxRowBytes + SlicedSocket::kSliceBytes) throw RowTooLarge();
}

PgConnection::Result PgConnection::Next(const CollectContext& context) {
  while (::PQisBusy(connection_.get()) != 0) {
    if (!socket_->HasUnread()) Await(context, POLLIN);
    Receive(context);
  }
  unparsed_ = 0;
  DropNotifications(connection_.get());
  return Result(::PQgetResult(connection_.get()));
}

void PgConnection::ReadAnswer(const CollectContext& context,
                              const std::function<void(const PGresult&)>& take) {
  std::optional<CollectError> refusal;
  bool answered = false;
  while (const Result result = Next(context)) {
    answered = true;
    const ExecStatusType status = ::PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE) {
      take(*result);
    } else if (status == PGRES_FATAL_ERROR && HasState(*result)) {
      refusal = Refusal(*result, ::PQuser(connection_.get()), context);
    } else if (status == PGRES_EMPTY_QUERY) {
      refusal = CollectError(ErrorKind::kQuery, "the query is empty");
    } else if (status == PGRES_COPY_OUT || status == PGRES_COPY_IN) {
      throw CollectError(ErrorKind::kQuery, "COPY is no query");
    } else {
      Break(context);
    }
  }
  broken_ = ::PQstatus(connection_.get()) != CONNECTION_OK;
  if (refusal) throw broken_ ? *refusal : OfStatement(*refusal);
  if (broken_) Break(context);
  if (!answered) {
    broken_ = true;
    throw CollectError(ErrorKind::kProtocol, "the server ended an answer that it never began");
  }
}

void PgConnection::Execute(const CollectContext& context, const std::string& statements) {
  broken_ = true;
  if (::PQsendQuery(connection_.get(), statements.c_str()) == 0) Break(context);
  Flush(context);
  ReadAnswer(context, [](const PGresult&) {});
}

Rows PgConnection::Query(const CollectContext& context, const std::string& statement,
                         const std::vector<std::string>& parameters, std::size_t max_rows,
                         Excess excess) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  broken_ = true;
  const int taken =
      ::PQsendQueryParams(connection_.get(), statement.c_str(), static_cast<int>(values.size()),
                          nullptr, values.data(), nullptr, nullptr, 0);
  return ReadRows(context, taken != 0, max_rows, excess);
}

Rows PgConnection::SimpleQuery(const CollectContext& context, const std::string& statement,
                               std::size_t max_rows) {
  broken_ = true;
  const int taken = ::PQsendQuery(connection_.get(), statement.c_str());
  return ReadRows(context, taken != 0, max_rows, Excess::kBreaks);
}

Rows PgConnection::ReadRows(const CollectContext& context, bool was_taken, std::size_t max_rows,
                            Excess excess) {
  if (!was_taken || ::PQsetSingleRowMode(connection_.get()) == 0) Break(context);
  Flush(context);
  Rows rows;
  AnswerSize size;
  std::optional<CollectError> limit;
  ReadAnswer(context, [&](const PGresult& result) {
    if (rows.columns.empty()) SetColumns(result, rows);
    if (::PQresultStatus(&result) != PGRES_SINGLE_TUPLE || limit) return;
    if (rows.cells.size() == max_rows) {
      limit = CollectError(ErrorKind::kLimit,
                           "the query has more than " + std::to_string(max_rows) + " rows");
    } else if (!AppendRow(result, rows, size)) {
      limit = size.Excess();
    }
    if (limit && excess == Excess::kBreaks) throw CollectError(*limit);
  });
  if (limit) throw CollectError(*limit);
  return rows;
}

}  // namespace collectors
