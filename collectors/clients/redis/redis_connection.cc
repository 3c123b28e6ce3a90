#include "collectors/clients/redis/redis_connection.h"

#include <hiredis/hiredis.h>

#include <array>
#include <memory>
#include <new>
#include <span>
#include <utility>

#include "collectors/clients/net/url_tls.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;

constexpr std::size_t kReadBytes = std::size_t{16} << 10;
constexpr std::size_t kShownWords = 200;

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

Stream Dial(const CollectContext& context, const RedisEndpoint& endpoint, const TlsOptions& tls) {
  if (!endpoint.path.empty()) return Stream::ConnectUnix(context, endpoint.path);
  Stream stream = Stream::Connect(context, endpoint.host, endpoint.port);
  if (endpoint.tls) {
    stream.StartTls(context, WithUrl(tls, endpoint.tls_options), endpoint.host);
  }
  return stream;
}

bool IsError(const RedisReply& reply) { return reply.type == RedisReply::Type::kError; }

// The server's last words explain why it closed the connection.
CollectError WithWords(const CollectError& error, const std::string& words) {
  if (words.empty()) return error;
  if (IsTurnedAway(words)) {
    return {KindOfRedisError(words), "the server turned us away: " + words};
  }
  return {error.kind(), std::string(error.what()) + ", after the server had said: " + words};
}

CollectError TurnedAway(const RedisReply& reply) {
  return WithWords({ErrorKind::kConnect, ""}, reply.text.substr(0, kShownWords));
}

// A server that does not know AUTH (renamed, or an old version) repeats its arguments in the error:
// so only that error's kind is reported.
[[noreturn]] void RefuseLogIn(const std::string& command, const RedisReply& reply) {
  if (command != "AUTH") throw RedisError(command, reply);
  if (IsTurnedAway(reply.text)) throw TurnedAway(reply);
  const ErrorKind kind = KindOfRedisError(reply.text);
  const bool is_unknown = kind == ErrorKind::kQuery || kind == ErrorKind::kPermission;
  throw CollectError(is_unknown ? ErrorKind::kAuth : kind,
                     "the server refused the user or the password (AUTH)");
}

}  // namespace

CollectError Named(const CollectError& error, const RedisEndpoint& endpoint) {
  const std::string what = error.what();
  const std::string name = endpoint.Name();
  return {error.kind(), what.starts_with(name) ? what : name + ": " + what};
}

RedisConnection::RedisConnection(const CollectContext& context, const RedisEndpoint& endpoint,
                                 const RedisTarget& target, ReplyBounds bounds)
    : endpoint_(endpoint),
      database_(endpoint.database),
      stream_(Dial(context, endpoint, target.tls)),
      reader_(bounds) {
  LogIn(context);
  if (!target.client_name.empty()) SetName(context, target.client_name);
}

std::vector<RedisReply> RedisConnection::Run(const CollectContext& context,
                                             const std::vector<RedisCommand>& commands) {
  std::vector<RedisReply> replies;
  RunInto(context, commands, replies);
  return replies;
}

void RedisConnection::RunInto(const CollectContext& context,
                              const std::vector<RedisCommand>& commands,
                              std::vector<RedisReply>& replies) {
  Exchange(context, commands, false, replies);
  ignored_.clear();
}

void RedisConnection::Exchange(const CollectContext& context,
                               const std::vector<RedisCommand>& commands, bool is_secret,
                               std::vector<RedisReply>& replies) {
  reader_.Begin();
  // Unread input would be taken for the answer to this request.
  ExpectSilence(context);
  replies.reserve(commands.size());
  try {
    Send(context, commands);
    while (replies.size() < commands.size()) replies.push_back(Receive(context));
  } catch (const CollectError& error) {
    if (error.kind() != ErrorKind::kConnect) throw;
    std::string words = replies.empty()            ? ErrorLineIn(stream_.LastWords())
                        : IsError(replies.front()) ? replies.front().text
                                                   : "";
    if (words.empty()) words = ignored_;
    if (is_secret && !IsTurnedAway(words)) throw;
    throw WithWords(error, words.substr(0, kShownWords));
  }
}

void RedisConnection::ExpectSilence(const CollectContext& context) {
  std::string unasked;
  try {
    unasked = stream_.Unasked(context);
  } catch (const CollectError& error) {
    throw WithWords(error, ignored_);
  }
  if (unasked.empty()) return;
  throw WithWords({ErrorKind::kConnect, "the server says more than it was asked"},
                  ErrorLineIn(unasked));
}

void RedisConnection::Send(const CollectContext& context,
                           const std::vector<RedisCommand>& commands) {
  std::string request;
  for (const RedisCommand& command : commands) request += Encoded(command);
  stream_.Write(context, request);
}

RedisReply RedisConnection::Receive(const CollectContext& context) {
  while (true) {
    if (std::optional<RedisReply> reply = reader_.Next()) return *std::move(reply);
    std::array<char, kReadBytes> buffer;
    reader_.Feed({buffer.data(), stream_.Read(context, buffer)});
  }
}

std::optional<RedisReply> RedisConnection::Next(const CollectContext& context, Deadline until) {
  while (true) {
    if (std::optional<RedisReply> reply = reader_.Next()) {
      reader_.Renew();
      return reply;
    }
    std::array<char, kReadBytes> buffer;
    const std::size_t got = stream_.ReadUntil(context, until, buffer);
    if (got == 0) return std::nullopt;
    reader_.Feed({buffer.data(), got});
  }
}

void RedisConnection::ExpectMaster(const CollectContext& context) {
  const RedisReply role = Run(context, {{"ROLE"}}).front();
  if (IsError(role) && KindOfRedisError(role.text) == ErrorKind::kPermission) return;
  if (IsError(role)) throw RedisError("ROLE", role);
  if (!role.items.empty() && role.items.front().text == "master") return;
  throw CollectError(ErrorKind::kConnect, endpoint_.Name() + " is no master of " +
                                              endpoint_.master +
                                              " (any more): a failover is under way");
}

void RedisConnection::Select(const CollectContext& context, std::optional<int> database) {
  const int wanted = database.value_or(endpoint_.database);
  if (wanted == database_) return;
  const RedisReply reply = Run(context, {{"SELECT", std::to_string(wanted)}}).front();
  if (IsError(reply)) throw RedisError("SELECT", reply);
  database_ = wanted;
}

void RedisConnection::LogIn(const CollectContext& context) {
  std::vector<RedisCommand> commands;
  if (!endpoint_.user.empty()) {
    commands.push_back({"AUTH", endpoint_.user, endpoint_.password.Reveal()});
  } else if (!endpoint_.password.empty()) {
    commands.push_back({"AUTH", endpoint_.password.Reveal()});
  }
  if (endpoint_.database != 0) {
    commands.push_back({"SELECT", std::to_string(endpoint_.database)});
  }
  if (commands.empty()) return;
  std::vector<RedisReply> replies;
  Exchange(context, commands, true, replies);
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (IsError(replies[i])) RefuseLogIn(commands[i].front(), replies[i]);
  }
}

// The name is for readers of CLIENT LIST: a refusal does no harm. A server that wants a password is
// reported now.
void RedisConnection::SetName(const CollectContext& context, const std::string& name) {
  const RedisReply reply = Run(context, {{"CLIENT", "SETNAME", name}}).front();
  if (!IsError(reply)) return;
  if (IsTurnedAway(reply.text)) throw TurnedAway(reply);
  if (KindOfRedisError(reply.text) == ErrorKind::kAuth) {
    throw CollectError(ErrorKind::kAuth, "the server wants a password, or another one");
  }
  ignored_ = reply.text;
}

}  // namespace collectors
