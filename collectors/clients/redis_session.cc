#include "collectors/clients/redis_session.h"

#include <hiredis/hiredis.h>

#include <array>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "collectors/clients/endpoint.h"
#include "collectors/clients/reply_reader.h"
#include "collectors/clients/sentinel_route.h"
#include "collectors/clients/stream.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;

constexpr std::size_t kReadBytes = std::size_t{16} << 10;
constexpr std::size_t kShownErrorBytes = 200;

struct ErrorRow {
  std::string_view prefix;
  ErrorKind kind;
};

// The first row that begins an error decides. The words are those of Redis's
// source (src/server.c, src/acl.c); a longer beginning stands before a shorter.
constexpr ErrorRow kErrors[] = {
    {"WRONGPASS", ErrorKind::kAuth},
    {"NOAUTH", ErrorKind::kAuth},
    {"DENIED", ErrorKind::kAuth},  // Protected mode.
    {"ERR invalid password", ErrorKind::kAuth},
    {"ERR AUTH", ErrorKind::kAuth},
    {"ERR Client sent AUTH", ErrorKind::kAuth},
    {"ERR operation not permitted", ErrorKind::kAuth},  // Before Redis 2.8.
    {"NOPERM", ErrorKind::kPermission},
    // Renamed, or not of this version or this managed service: nobody may run it.
    {"ERR unknown command", ErrorKind::kPermission},
    {"ERR unknown subcommand", ErrorKind::kPermission},
    {"ERR Unknown subcommand", ErrorKind::kPermission},
    {"LOADING", ErrorKind::kConnect},
    {"MASTERDOWN", ErrorKind::kConnect},
    {"CLUSTERDOWN", ErrorKind::kConnect},
    {"TRYAGAIN", ErrorKind::kConnect},  // A slot is on its way to another node.
    {"ERR max number of clients", ErrorKind::kConnect},
    {"NOGROUP", ErrorKind::kMissing},
    {"ERR no such key", ErrorKind::kMissing},
    {"ERR Protocol error", ErrorKind::kProtocol},
};

std::string Encoded(const RedisCommand& command) {
  std::vector<const char*> words;
  std::vector<std::size_t> lengths;
  for (const std::string& word : command) {
    words.push_back(word.data());
    lengths.push_back(word.size());
  }
  char* bytes = nullptr;
  const int size = ::redisFormatCommandArgv(&bytes, static_cast<int>(words.size()), words.data(),
                                            lengths.data());
  if (size < 0) throw std::bad_alloc();
  const std::unique_ptr<char, void (*)(char*)> owner(bytes, &::redisFreeCommand);
  return {bytes, static_cast<std::size_t>(size)};
}

// Where the target leads now: its URL and password, read again. The texts of
// what is caught here name a file or a rule, never a secret.
RedisEndpoint EndpointOf(const RedisTarget& target) {
  try {
    RedisEndpoint endpoint = ParseRedisUrl(target.url.Load().Reveal());
    if (!target.user.empty()) endpoint.user = target.user;
    if (target.password.given()) endpoint.password = target.password.Load();
    if (target.node) {
      endpoint.path.clear();
      endpoint.sentinels.clear();
      endpoint.host = target.node->host;
      endpoint.port = target.node->port;
    }
    return endpoint;
  } catch (const std::runtime_error& error) {
    throw CollectError(ErrorKind::kConnect, error.what());
  } catch (const std::invalid_argument& error) {
    throw CollectError(ErrorKind::kConnect, error.what());
  }
}

// With the server that it is of: a log may tell of many.
CollectError Named(const CollectError& error, const RedisEndpoint& endpoint) {
  const std::string what = error.what();
  const std::string name = endpoint.Name();
  return {error.kind(), what.starts_with(name) ? what : name + ": " + what};
}

Stream Dial(const CollectContext& context, const RedisEndpoint& endpoint, const TlsOptions& tls) {
  if (!endpoint.path.empty()) return Stream::ConnectUnix(context, endpoint.path);
  Stream stream = Stream::Connect(context, endpoint.host, endpoint.port);
  if (endpoint.tls) stream.StartTls(context, tls, endpoint.host);
  return stream;
}

bool IsError(const RedisReply& reply) { return reply.type == RedisReply::Type::kError; }

}  // namespace

ErrorKind KindOfRedisError(const std::string& text) {
  for (const ErrorRow& row : kErrors) {
    if (text.starts_with(row.prefix)) return row.kind;
  }
  return ErrorKind::kQuery;
}

CollectError RedisError(std::string_view command, const RedisReply& reply) {
  return {KindOfRedisError(reply.text),
          std::string(command) + ": " + reply.text.substr(0, kShownErrorBytes)};
}

class RedisSession::Connection {
 public:
  Connection(const CollectContext& context, const RedisEndpoint& endpoint,
             const RedisTarget& target)
      : endpoint_(endpoint),
        database_(endpoint.database),
        stream_(Dial(context, endpoint, target.tls)) {
    LogIn(context, endpoint);
    if (!target.client_name.empty()) SetName(context, target.client_name);
  }

  std::vector<RedisReply> Run(const CollectContext& context,
                              const std::vector<RedisCommand>& commands) {
    reader_.Begin();
    // It would be taken for the answer to what is asked now.
    stream_.ExpectSilence(context);
    std::string request;
    for (const RedisCommand& command : commands) request += Encoded(command);
    stream_.Write(context, request);
    std::vector<RedisReply> replies;
    replies.reserve(commands.size());
    while (replies.size() < commands.size()) replies.push_back(Receive(context));
    return replies;
  }

  const RedisEndpoint& endpoint() const { return endpoint_; }

  // Throws kConnect unless the server says that it is a master. One that does not
  // let us ask is believed.
  void ExpectMaster(const CollectContext& context) {
    const RedisReply role = Run(context, {{"ROLE"}}).front();
    if (IsError(role) && KindOfRedisError(role.text) == ErrorKind::kPermission) return;
    if (IsError(role)) throw RedisError("ROLE", role);
    if (!role.items.empty() && role.items.front().text == "master") return;
    throw CollectError(ErrorKind::kConnect, endpoint_.Name() + " is no master of " +
                                                endpoint_.master +
                                                " (any more): a failover is under way");
  }

  // Chooses a database, or the URL's, unless it is the chosen one.
  void Select(const CollectContext& context, std::optional<int> database) {
    const int wanted = database.value_or(endpoint_.database);
    if (wanted == database_) return;
    const RedisReply reply = Run(context, {{"SELECT", std::to_string(wanted)}}).front();
    if (IsError(reply)) throw RedisError("SELECT", reply);
    database_ = wanted;
  }

 private:
  RedisReply Receive(const CollectContext& context) {
    while (true) {
      if (std::optional<RedisReply> reply = reader_.Next()) return *std::move(reply);
      std::array<char, kReadBytes> buffer;
      reader_.Feed({buffer.data(), stream_.Read(context, buffer)});
    }
  }

  void LogIn(const CollectContext& context, const RedisEndpoint& endpoint) {
    std::vector<RedisCommand> commands;
    if (!endpoint.user.empty()) {
      commands.push_back({"AUTH", endpoint.user, endpoint.password.Reveal()});
    } else if (!endpoint.password.empty()) {
      commands.push_back({"AUTH", endpoint.password.Reveal()});
    }
    if (endpoint.database != 0) {
      commands.push_back({"SELECT", std::to_string(endpoint.database)});
    }
    const std::vector<RedisReply> replies = Run(context, commands);
    for (std::size_t i = 0; i < replies.size(); ++i) {
      if (IsError(replies[i])) RefuseLogIn(commands[i].front(), replies[i]);
    }
  }

  // A server that does not know AUTH (renamed, or of old) repeats its arguments
  // in the error, so of that only the kind is told.
  [[noreturn]] static void RefuseLogIn(const std::string& command, const RedisReply& reply) {
    if (command != "AUTH") throw RedisError(command, reply);
    const ErrorKind kind = KindOfRedisError(reply.text);
    const bool is_unknown = kind == ErrorKind::kQuery || kind == ErrorKind::kPermission;
    throw CollectError(is_unknown ? ErrorKind::kAuth : kind,
                       "the server refused the user or the password (AUTH)");
  }

  // The name is for people who read CLIENT LIST; a server that refuses it does
  // no harm, but one that wants a password is told of now.
  void SetName(const CollectContext& context, const std::string& name) {
    const RedisReply reply = Run(context, {{"CLIENT", "SETNAME", name}}).front();
    if (IsError(reply) && KindOfRedisError(reply.text) == ErrorKind::kAuth) {
      throw CollectError(ErrorKind::kAuth, "the server wants a password, or another one");
    }
  }

  RedisEndpoint endpoint_;  // With the master's address where sentinels told it.
  int database_;            // The chosen one.
  Stream stream_;
  ReplyReader reader_;
};

RedisSession::RedisSession(RedisTarget target)
    : target_(std::move(target)), route_(std::make_unique<SentinelRoute>(target_)) {}
RedisSession::~RedisSession() = default;

RedisReply RedisSession::Command(const CollectContext& context, const RedisCommand& command) {
  RedisReply reply = std::move(Pipeline(context, {command}).front());
  if (!IsError(reply)) return reply;
  throw RedisError(command.front(), reply);
}

std::vector<RedisReply> RedisSession::Pipeline(const CollectContext& context,
                                               const std::vector<RedisCommand>& commands,
                                               std::optional<int> database) {
  const bool is_kept = connection_ != nullptr;
  try {
    return RunOnce(context, commands, database);
  } catch (const CollectError& error) {
    // A kept connection may have been closed since (an idle timeout, a restart
    // of the server): that is no failure yet.
    if (!is_kept || error.kind() != ErrorKind::kConnect) throw;
  }
  return RunOnce(context, commands, database);
}

std::vector<RedisReply> RedisSession::RunOnce(const CollectContext& context,
                                              const std::vector<RedisCommand>& commands,
                                              std::optional<int> database) {
  // Taken out, so that a failure of any sort closes it.
  std::unique_ptr<Connection> connection = std::move(connection_);
  if (connection != nullptr) FollowMaster(context, connection);
  if (connection == nullptr) connection = Connect(context);
  try {
    connection->Select(context, database);
    std::vector<RedisReply> replies = connection->Run(context, commands);
    connection_ = std::move(connection);
    return replies;
  } catch (const CollectError& error) {
    throw Named(error, connection->endpoint());
  }
}

std::unique_ptr<RedisSession::Connection> RedisSession::Connect(const CollectContext& context) {
  const auto start = std::chrono::steady_clock::now();
  RedisEndpoint endpoint = EndpointOf(target_);
  const bool is_watched = !endpoint.sentinels.empty() && !target_.node;
  if (is_watched) {
    const RedisNodeAddress master = route_->Find(context, endpoint);
    endpoint.host = master.host;
    endpoint.port = master.port;
  }
  try {
    auto connection = std::make_unique<Connection>(context, endpoint, target_);
    if (is_watched) connection->ExpectMaster(context);
    connect_time_ = std::chrono::steady_clock::now() - start;
    ++connections_;
    return connection;
  } catch (const CollectError& error) {
    if (is_watched) route_->Doubt(endpoint);
    throw Named(error, endpoint);
  }
}

void RedisSession::FollowMaster(const CollectContext& context,
                                std::unique_ptr<Connection>& connection) {
  const RedisEndpoint& endpoint = connection->endpoint();
  if (endpoint.sentinels.empty() || target_.node) return;
  try {
    const RedisNodeAddress master = route_->Find(context, endpoint);
    if (master != RedisNodeAddress{endpoint.host, endpoint.port}) connection.reset();
  } catch (const CollectError&) {
    // No sentinel answers: the master that we have may still be the one, and half
    // an eye is better than none, as long as it holds itself for the master.
    connection->ExpectMaster(context);
  }
}

}  // namespace collectors
