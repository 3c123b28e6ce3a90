#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/seam/secret.h"

namespace collectors {

// A host and a port. An IPv6 address has no brackets.
struct RedisNodeAddress {
  std::string host;
  std::uint16_t port = 0;

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 within for a pointer.
  auto operator<=>(const RedisNodeAddress&) const = default;
  std::string Name() const;  // "host:port", "[::1]:port".
};

// The target of a Redis URL: a host and a port, a Unix socket, or the master that sentinels name.
// The spellings are those of redis-py and Celery, and Lettuce's for sentinels:
//   redis://[[user]:password@][host][:port][/db][?db=N]
//   unix://[[user]:password@]/path[?db=N], redis+socket:///path[?virtual_host=N]
//   redis-sentinel://[[user]:password@]host[:port][,host[:port]...][/db]?sentinelMasterId=NAME
// rediss:// and rediss-sentinel:// use TLS. valkey:// means redis://, valkeys:// means rediss://.
struct RedisEndpoint {
  std::string host;  // An IPv6 address has no brackets. Empty if `path` is set.
  std::uint16_t port = 6379;
  std::string path;
  std::string user;
  exporter::Secret password;
  int database = 0;
  bool tls = false;
  std::vector<RedisNodeAddress> sentinels;  // If not empty, they supply the host and the port.
  std::string master;                       // The master's name in the sentinels.

  // Returns "host:port", "[::1]:port" or the path. Holds no secret.
  std::string Name() const;
};

// Returns true if ParseRedisUrl() reads URLs of this scheme.
bool HasRedisScheme(std::string_view url);
// Parts may be percent-encoded. Ignores query parameters other than the database and the master's
// name. Throws std::invalid_argument; its text holds nothing of the URL.
RedisEndpoint ParseRedisUrl(std::string_view url);

}  // namespace collectors
