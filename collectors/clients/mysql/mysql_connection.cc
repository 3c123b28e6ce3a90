#include "collectors/clients/mysql/mysql_connection.h"

#include <fcntl.h>
#include <netdb.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

#include "collectors/clients/mysql/mysql_error.h"
#include "collectors/clients/mysql/mysql_greeting.h"
#include "collectors/clients/mysql/mysql_handshake.h"
#include "collectors/clients/mysql/mysql_read_budget.h"
#include "collectors/clients/mysql/mysql_rows.h"
#include "collectors/clients/net/shown_text.h"
#include "collectors/clients/sql/answer_size.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;
using exporter::Outlook;

constexpr std::chrono::milliseconds kLongestPoll = std::chrono::hours(1);  // Fits poll()'s int.
// The library's calls run on a separate stack. OpenSSL runs on it too.
constexpr std::size_t kStackBytes = std::size_t{512} << 10;
// How often an abandoned call is told that its time is over.
constexpr int kMaxFarewells = 64;

// The authentication methods that a server may request. The library would also accept
// mysql_old_password, which reveals the password, and dialog, which reads from a terminal. Without
// TLS caching_sha2_password sends the password to any server, encrypted with that server's own key.
constexpr const char* kInTheOpen = "mysql_native_password,client_ed25519";
constexpr const char* kPrivately =
    "mysql_native_password,client_ed25519,caching_sha2_password,sha256_password";
constexpr const char* kToOneWeKnow =
    "mysql_native_password,client_ed25519,caching_sha2_password,sha256_password,"
    "mysql_clear_password";

[[noreturn]] void FailForTime() {
  throw CollectError(ErrorKind::kTimeout, "the server did not answer in time");
}

MYSQL* NewConnection() {
  static std::once_flag once;
  std::call_once(once, [] { ::mysql_library_init(0, nullptr, nullptr); });
  MYSQL* const connection = ::mysql_init(nullptr);
  if (connection == nullptr) throw std::bad_alloc();
  return connection;
}

std::string Numeric(const SocketAddress& address) {
  std::array<char, NI_MAXHOST> text = {};
  ::getnameinfo(address.get(), address.length, text.data(), text.size(), nullptr, 0,
                NI_NUMERICHOST);
  return text.data();
}

const char* OrNull(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

short PollEvents(int events) {
  int wanted = 0;
  if ((events & MYSQL_WAIT_READ) != 0) wanted |= POLLIN;
  if ((events & MYSQL_WAIT_WRITE) != 0) wanted |= POLLOUT;
  if ((events & MYSQL_WAIT_EXCEPT) != 0) wanted |= POLLPRI;
  return static_cast<short>(wanted);
}

// Returns the events that poll() found. Throws kTimeout if the deadline passes.
int Poll(const CollectContext& context, int fd, short events) {
  if (context.deadline.Expired()) FailForTime();
  pollfd watched = {fd, events, 0};
  const auto left = std::min(context.deadline.Remaining(), kLongestPoll);
  ::poll(&watched, 1, static_cast<int>(left.count()) + 1);
  if (context.deadline.Expired()) FailForTime();
  return watched.revents;
}

// Returns the first `size` bytes in the socket once all of them have arrived; fewer if the
// connection has ended. Leaves them in the socket.
std::string Peek(const CollectContext& context, int fd, std::size_t size) {
  const int mark = static_cast<int>(size);
  ::setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof(mark));
  std::string bytes(size, '\0');
  ssize_t got = -1;
  while (got < 0) {
    const int events = Poll(context, fd, POLLIN);
    got = ::recv(fd, bytes.data(), size, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0 && (events & (POLLERR | POLLHUP)) != 0) got = 0;
  }
  const int one = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &one, sizeof(one));
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

// Adds an explanation: the library's text for 5010 names our list of allowed methods, which users
// do not know.
std::string TextOf(unsigned number, const char* text) {
  constexpr unsigned kRefusedByUs = 5010;
  if (number != kRefusedByUs) return ShownText(text);
  return ShownText(text) +
         " It may show the password: caching_sha2_password needs TLS or the server's socket, "
         "mysql_clear_password ssl-mode=VERIFY_CA";
}

// For a refusal that leaves the session open: the session itself has not failed, whatever the
// number says. A federated table's server may have refused the password (1045).
ErrorKind KindInSession(unsigned number) {
  const ErrorKind kind = KindOfMysqlError(number);
  const bool goes_on = !IsOfMysqlLibrary(number) && kind == ErrorKind::kAuth;
  return goes_on ? ErrorKind::kQuery : kind;
}

}  // namespace

SocketHandle::~SocketHandle() {
  if (fd_ >= 0) ::close(fd_);
}

void SocketHandle::Take(int library_socket) {
  if (fd_ >= 0) return;
  fd_ = ::fcntl(library_socket, F_DUPFD_CLOEXEC, 0);
  if (fd_ < 0) throw CollectError(ErrorKind::kConnect, "no descriptor is left for the socket");
}

// Makes the later close() send a reset. A server that is blocked by a full window would notice a
// normal close only when it probes the window again, seconds later.
void SocketHandle::ShutDown() const {
  if (fd_ < 0) return;
  const linger at_once = {1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  ::shutdown(fd_, SHUT_RDWR);
}

MysqlConnection::MysqlConnection(const CollectContext& context, const MysqlDsn& dsn,
                                 const SocketAddress* address, const std::string& application_name)
    : connection_(NewConnection()) {
  SetOptions(dsn, application_name);
  Connect(context, dsn, address);
}

// The library sends a farewell, which does not wait if no statement is running. Without it the
// server would count the client as aborted. A broken connection is shut down first.
MysqlConnection::~MysqlConnection() {
  if (broken_) socket_.ShutDown();
}

void MysqlConnection::SetOptions(const MysqlDsn& dsn, const std::string& application_name) {
  MYSQL* const connection = connection_.get();
  const std::size_t stack = kStackBytes;
  const std::size_t packet = 2 * kMaxAnswerBytes;  // MysqlReadBudget stops it earlier.
  const unsigned off = 0;
  ::mysql_options(connection, MYSQL_OPT_NONBLOCK, &stack);
  ::mysql_options(connection, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
  // A server may request any file that we can read.
  ::mysql_options(connection, MYSQL_OPT_LOCAL_INFILE, &off);
  ::mysql_options(connection, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  ::mysql_options4(connection, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name",
                   application_name.c_str());
  ::mysql_options(connection, MARIADB_OPT_RESTRICTED_AUTH,
                  dsn.socket.empty() ? kInTheOpen : kPrivately);
  if (dsn.tls != MysqlTls::kDisabled) SetTls(dsn);
}

// Sets the authorities to trust. The library must not verify: MysqlHandshake does.
void MysqlConnection::SetTls(const MysqlDsn& dsn) {
  MYSQL* const connection = connection_.get();
  const bool has_authority = !dsn.tls_ca.empty() || !dsn.tls_ca_folder.empty();
  const my_bool on = 1;
  const my_bool off = 0;
  ::mysql_options(connection, MYSQL_OPT_SSL_ENFORCE, &on);
  ::mysql_options(connection, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &off);
  ::mysql_options(connection, MYSQL_OPT_SSL_CERT, OrNull(dsn.tls_certificate));
  ::mysql_options(connection, MYSQL_OPT_SSL_KEY, OrNull(dsn.tls_key));
  // The pass phrase of the key; without it OpenSSL would ask for one on the terminal.
  ::mysql_options(connection, MARIADB_OPT_TLS_PASSPHRASE, "");
  if (dsn.tls < MysqlTls::kVerifyCa) return;
  ::mysql_options(connection, MYSQL_OPT_SSL_CA, OrNull(dsn.tls_ca));
  ::mysql_options(connection, MYSQL_OPT_SSL_CAPATH,
                  has_authority ? OrNull(dsn.tls_ca_folder) : ::X509_get_default_cert_dir());
}

void MysqlConnection::Connect(const CollectContext& context, const MysqlDsn& dsn,
                              const SocketAddress* address) {
  MYSQL* const connection = connection_.get();
  const std::string host = address == nullptr ? "localhost" : Numeric(*address);
  MysqlHandshake handshake(dsn.host, dsn.tls);
  MYSQL* done = nullptr;
  const int events = ::mysql_real_connect_start(&done, connection, host.c_str(), OrNull(dsn.user),
                                                dsn.password.Reveal().c_str(), OrNull(dsn.database),
                                                dsn.port, OrNull(dsn.socket), 0);
  // With TCP the library always waits here.
  if (events != 0) {
    socket_.Take(::mysql_get_socket(connection));
    const auto guard = context.watchdog.Watch(socket_.fd(), context.deadline);
    const MysqlReadBudget budget(socket_.fd());
    bool checked = address == nullptr;
    Drive(context, events, [&](int ready) {
      if (ready != MYSQL_WAIT_TIMEOUT && !std::exchange(checked, true)) {
        CheckGreeting(context, dsn);
      }
      return ::mysql_real_connect_cont(&done, connection, ready);
    });
  }
  if (done == nullptr) Fail(context);
  socket_.Take(::mysql_get_socket(connection));
  if (dsn.tls >= MysqlTls::kVerifyCa && !handshake.verifies()) {
    GiveUp({ErrorKind::kInternal, "the server's certificate was not verified"});
  }
  // Makes reading over TLS wait in poll() too.
  ::fcntl(socket_.fd(), F_SETFL, ::fcntl(socket_.fd(), F_GETFL) | O_NONBLOCK);
  has_session_ = true;
  broken_ = false;
}

void MysqlConnection::CheckGreeting(const CollectContext& context, const MysqlDsn& dsn) {
  if ((Poll(context, socket_.fd(), POLLOUT) & (POLLERR | POLLHUP)) != 0) return;
  const std::string header = Peek(context, socket_.fd(), kMysqlHeader);
  if (header.size() < kMysqlHeader) return;  // The library reports the reason.
  const std::size_t size = MysqlPayloadSize(header);
  std::optional<MysqlGreeting> greeting;
  if (size <= kMaxMysqlGreeting) {
    const std::string packet = Peek(context, socket_.fd(), kMysqlHeader + size);
    if (packet.size() < kMysqlHeader + size) return;
    greeting = ParseMysqlGreeting(std::string_view(packet).substr(kMysqlHeader));
  }
  if (!greeting) throw CollectError(ErrorKind::kProtocol, "this is no MySQL server");
  if (greeting->refusal != 0) {
    throw CollectError(KindOfMysqlError(greeting->refusal), ShownText(greeting->text));
  }
  if (!greeting->is_secure) {
    throw CollectError(ErrorKind::kAuth, "the server knows only the authentication of old");
  }
  if (dsn.tls == MysqlTls::kDisabled) return;
  if (greeting->offers_tls) {
    ::mysql_options(connection_.get(), MARIADB_OPT_RESTRICTED_AUTH,
                    dsn.tls < MysqlTls::kVerifyCa ? kPrivately : kToOneWeKnow);
  } else if (dsn.tls != MysqlTls::kPreferred) {
    throw CollectError(ErrorKind::kConnect, "the server offers no TLS, and the DSN requires it");
  }
}

int MysqlConnection::Await(const CollectContext& context, int events) const {
  const int found = Poll(context, socket_.fd(), PollEvents(events));
  // The library's next call reports what is wrong with the socket.
  const bool broke = (found & (POLLERR | POLLHUP | POLLNVAL)) != 0;
  int ready = 0;
  if ((found & POLLIN) != 0 || broke) ready |= MYSQL_WAIT_READ;
  if ((found & POLLOUT) != 0 || broke) ready |= MYSQL_WAIT_WRITE;
  if ((found & POLLPRI) != 0) ready |= MYSQL_WAIT_EXCEPT;
  return ready;
}

// An abandoned call must still run to its end: only its own stack refers to what it has allocated.
void MysqlConnection::Drive(const CollectContext& context, int events, const Step& step) {
  try {
    while (events != 0) events = step(Await(context, events));
  } catch (const CollectError&) {
    broken_ = true;
    socket_.ShutDown();
    for (int n = 0; n < kMaxFarewells && events != 0; ++n) events = step(MYSQL_WAIT_TIMEOUT);
    throw;
  }
}

void MysqlConnection::GiveUp(const CollectError& error) {
  broken_ = true;
  socket_.ShutDown();
  throw CollectError(error);
}

void MysqlConnection::Fail(const CollectContext& context) {
  const unsigned number = ::mysql_errno(connection_.get());
  const bool of_library = IsOfMysqlLibrary(number);
  if (of_library && context.deadline.Expired()) FailForTime();
  const std::string text = TextOf(number, ::mysql_error(connection_.get()));
  const ErrorKind kind = has_session_ ? KindInSession(number) : KindOfMysqlError(number);
  broken_ = of_library || kind == ErrorKind::kConnect;
  throw CollectError(kind, text,
                     PassesByMysqlError(number) ? Outlook::kPassing : Outlook::kLasting);
}

void MysqlConnection::Send(const CollectContext& context, const std::string& statement) {
  broken_ = true;
  int failed = 0;
  MYSQL* const connection = connection_.get();
  const int events =
      ::mysql_real_query_start(&failed, connection, statement.c_str(), statement.size());
  Drive(context, events,
        [&](int ready) { return ::mysql_real_query_cont(&failed, connection, ready); });
  if (failed != 0) Fail(context);
}

void MysqlConnection::Bounded(const CollectContext& context,
                              const std::function<void(MysqlReadBudget&)>& work) {
  const auto guard = context.watchdog.Watch(socket_.fd(), context.deadline);
  MysqlReadBudget budget(socket_.fd());
  try {
    work(budget);
  } catch (const CollectError&) {
    if (budget.spent()) GiveUp(budget.Excess());
    throw;
  }
}

void MysqlConnection::Execute(const CollectContext& context, const std::string& statement) {
  Bounded(context, [&](MysqlReadBudget&) {
    Send(context, statement);
    if (::mysql_field_count(connection_.get()) != 0 || HasMore()) {
      GiveUp({ErrorKind::kProtocol, "the server has an answer to what asks for none"});
    }
  });
  broken_ = false;
}

MYSQL_ROW MysqlConnection::NextRow(const CollectContext& context, MYSQL_RES* result) {
  MYSQL_ROW row = nullptr;
  const int events = ::mysql_fetch_row_start(&row, result);
  Drive(context, events, [&](int ready) { return ::mysql_fetch_row_cont(&row, result, ready); });
  if (row == nullptr && ::mysql_errno(connection_.get()) != 0) Fail(context);
  return row;
}

void MysqlConnection::ReadRows(const CollectContext& context, MYSQL_RES* result,
                               std::size_t max_rows, MysqlReadBudget& budget, Rows& rows) {
  AnswerSize size;
  budget.BeginRow();
  while (const MYSQL_ROW row = NextRow(context, result)) {
    budget.BeginRow();
    if (rows.cells.size() == max_rows) {
      GiveUp({ErrorKind::kLimit, "the query has more than " + std::to_string(max_rows) + " rows"});
    }
    if (!AppendMysqlRow(result, row, rows, size)) GiveUp(size.Excess());
  }
}

Rows MysqlConnection::Query(const CollectContext& context, const std::string& statement,
                            std::size_t max_rows) {
  Rows rows;
  Bounded(context, [&](MysqlReadBudget& budget) {
    Send(context, statement);
    const Result result(::mysql_use_result(connection_.get()));
    if (result == nullptr) FailForNoRows(context);
    rows.columns = MysqlColumns(result.get());
    rows.types = MysqlTypes(result.get());
    if (const auto unclear = UnclearMysqlColumn(result.get())) {
      GiveUp({ErrorKind::kQuery,
              ShownText("BIT can be read in two ways: ask for column + 0 AS " + *unclear)});
    }
    ReadRows(context, result.get(), max_rows, budget, rows);
    if (HasMore()) GiveUp({ErrorKind::kQuery, "the statement has several answers"});
  });
  broken_ = false;
  return rows;
}

void MysqlConnection::FailForNoRows(const CollectContext& context) {
  if (::mysql_errno(connection_.get()) != 0) Fail(context);
  broken_ = HasMore();
  throw CollectError(ErrorKind::kQuery, "the statement is no query: it has no rows");
}

bool MysqlConnection::HasMore() const { return ::mysql_more_results(connection_.get()) != 0; }

unsigned long MysqlConnection::server_version() const {
  return ::mysql_get_server_version(connection_.get());
}

}  // namespace collectors
