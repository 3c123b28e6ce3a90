#include "collectors/clients/redis/redis_reply.h"

#include <algorithm>

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

constexpr std::size_t kShownErrorBytes = 200;

struct ErrorRow {
  std::string_view prefix;
  ErrorKind kind;
};

// The first row whose prefix matches decides, so a longer prefix comes before a shorter one. The
// words are from Redis's source (src/server.c, src/acl.c).
constexpr ErrorRow kErrors[] = {
    {"WRONGPASS", ErrorKind::kAuth},
    {"NOAUTH", ErrorKind::kAuth},
    {"DENIED", ErrorKind::kAuth},  // Protected mode.
    {"ERR invalid password", ErrorKind::kAuth},
    {"ERR AUTH", ErrorKind::kAuth},
    {"ERR Client sent AUTH", ErrorKind::kAuth},
    {"ERR operation not permitted", ErrorKind::kAuth},  // Before Redis 2.8.
    {"NOPERM", ErrorKind::kPermission},
    // Renamed, or not in this version or in this managed service: nobody may run it.
    {"ERR unknown command", ErrorKind::kPermission},
    {"ERR unknown subcommand", ErrorKind::kPermission},
    {"ERR Unknown subcommand", ErrorKind::kPermission},
    {"LOADING", ErrorKind::kConnect},
    {"MASTERDOWN", ErrorKind::kConnect},
    {"CLUSTERDOWN", ErrorKind::kConnect},
    {"TRYAGAIN", ErrorKind::kConnect},  // A slot is moving to another node.
    {"ERR max number of clients", ErrorKind::kConnect},
    {"NOGROUP", ErrorKind::kMissing},
    {"ERR no such key", ErrorKind::kMissing},
    {"ERR Protocol error", ErrorKind::kProtocol},
    // SturdySession's own words for a command that gets no usable reply.
    {"TOOLARGE", ErrorKind::kLimit},
    {"NOREPLY", ErrorKind::kTimeout},
    {"BROKEN", ErrorKind::kProtocol},
};

// What Redis sends before it closes the connection (src/networking.c).
constexpr std::string_view kTurnedAway[] = {"DENIED ", "ERR max number of clients"};

}  // namespace

ErrorKind KindOfRedisError(const std::string& text) {
  for (const ErrorRow& row : kErrors) {
    if (text.starts_with(row.prefix)) return row.kind;
  }
  return ErrorKind::kQuery;
}

bool IsTurnedAway(std::string_view text) {
  return std::ranges::any_of(kTurnedAway, [&](auto row) { return text.starts_with(row); });
}

std::string ErrorLineIn(std::string_view bytes) {
  if (!bytes.starts_with('-')) return {};
  bytes.remove_prefix(1);
  const std::size_t end = std::min(bytes.find_first_of("\r\n"), kShownErrorBytes);
  return std::string(bytes.substr(0, end));
}

CollectError RedisError(std::string_view command, const RedisReply& reply) {
  return {KindOfRedisError(reply.text),
          std::string(command) + ": " + reply.text.substr(0, kShownErrorBytes)};
}

}  // namespace collectors
