#include "collectors/clients/redis_reply.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

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

}  // namespace collectors
