#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/clients/endpoint.h"
#include "collectors/clients/tls.h"
#include "exporter/collector.h"
#include "exporter/secret.h"

namespace collectors {

// A reply copied out of hiredis, so that nothing else need include it.
struct RedisReply {
  enum class Type { kString, kStatus, kInteger, kArray, kNil, kError };
  Type type = Type::kNil;
  std::string text;  // Of a string, a status or an error.
  long long integer = 0;
  std::vector<RedisReply> items;
};

using RedisCommand = std::vector<std::string>;

// Where a Redis is and who asks. `url` and `password` are loaded again at each
// new connection; `password`, where given, wins over the URL's.
struct RedisTarget {
  exporter::SecretSource url;  // redis://[user[:password]@]host[:port][/db], unix:///path?db=0
  std::string user;
  exporter::SecretSource password;
  std::string client_name;  // For CLIENT LIST: "exporter:cache".
  // Where given, the server to connect to in place of the URL's host.
  std::optional<RedisNodeAddress> node = std::nullopt;
  TlsOptions tls = {};  // Where the URL wants TLS.
  // What the sentinels want to know, where the URL leads to them.
  std::string sentinel_user = {};
  exporter::SecretSource sentinel_password = {};
};

class SentinelRoute;

// One connection to one Redis, opened when first needed and again after a
// failure. Where the URL names sentinels, each collection asks them first for
// the master's address, and what they name must hold itself for a master. Every
// call ends by context.deadline, or throws CollectError. One thread at a time.
class RedisSession {
 public:
  explicit RedisSession(RedisTarget target);
  ~RedisSession();
  RedisSession(const RedisSession&) = delete;
  RedisSession& operator=(const RedisSession&) = delete;

  // Sends one command; an error reply is thrown as CollectError.
  RedisReply Command(const exporter::CollectContext& context, const RedisCommand& command);
  // Sends all in one go and returns a reply for each; an error reply is one of
  // them, so that a command that is refused costs only itself. A kept connection
  // that broke meanwhile is opened again, and all is sent once more: ask only.
  std::vector<RedisReply> Pipeline(const exporter::CollectContext& context,
                                   const std::vector<RedisCommand>& commands) {
    return Pipeline(context, commands, {});
  }
  // The same in that database, which a SELECT chooses first where it is not the
  // chosen one; without a number, in the URL's. Throws where it is refused.
  std::vector<RedisReply> Pipeline(const exporter::CollectContext& context,
                                   const std::vector<RedisCommand>& commands,
                                   std::optional<int> database);

  // How often it has connected: another number is another server, perhaps.
  std::uint64_t connections() const { return connections_; }
  // How long it took to connect and to log in, the last time that it did.
  std::chrono::duration<double> connect_time() const { return connect_time_; }

 private:
  class Connection;
  std::vector<RedisReply> RunOnce(const exporter::CollectContext& context,
                                  const std::vector<RedisCommand>& commands,
                                  std::optional<int> database);

  // Leaves the connection if the sentinels name another master now.
  void FollowMaster(const exporter::CollectContext& context,
                    std::unique_ptr<Connection>& connection);
  std::unique_ptr<Connection> Connect(const exporter::CollectContext& context);

  RedisTarget target_;
  std::unique_ptr<SentinelRoute> route_;
  std::unique_ptr<Connection> connection_;  // Null when not connected.
  std::chrono::duration<double> connect_time_{};
  std::uint64_t connections_ = 0;
};

// What an error reply means: its first word (NOPERM, WRONGPASS, LOADING) decides.
exporter::ErrorKind KindOfRedisError(const std::string& text);

// An error reply as what to throw or to note: its kind, and `command` with the
// beginning of its text. Not for AUTH, whose error may repeat the password.
exporter::CollectError RedisError(std::string_view command, const RedisReply& reply);

}  // namespace collectors
