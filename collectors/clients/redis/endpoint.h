#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/seam/secret.h"

namespace collectors {

// A host and a port. An IPv6 address is without its brackets.
struct RedisNodeAddress {
  std::string host;
  std::uint16_t port = 0;

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 within for a pointer.
  auto operator<=>(const RedisNodeAddress&) const = default;
  std::string Name() const;  // "host:port", "[::1]:port".
};

// Where a Redis URL leads: to a host and a port, to a socket in the file system,
// or to the master that sentinels name. The spellings are those of redis-py and
// Celery, and Lettuce's for sentinels:
//   redis://[[user]:password@][host][:port][/db][?db=N]
//   unix://[[user]:password@]/path[?db=N], redis+socket:///path[?virtual_host=N]
//   redis-sentinel://[[user]:password@]host[:port][,host[:port]...][/db]?sentinelMasterId=NAME
// rediss:// and rediss-sentinel:// are by TLS; valkey:// and valkeys:// as redis.
struct RedisEndpoint {
  std::string host;  // An IPv6 address without its brackets. Empty for a socket's path.
  std::uint16_t port = 6379;
  std::string path;
  std::string user;
  exporter::Secret password;
  int database = 0;
  bool tls = false;
  std::vector<RedisNodeAddress> sentinels;  // Given: they know the host and the port.
  std::string master;                       // As the sentinels call it.

  // "host:port", "[::1]:port" or the path; holds no secret.
  std::string Name() const;
};

// Whether ParseRedisUrl reads URLs of this scheme.
bool HasRedisScheme(std::string_view url);
// Parts may be percent-encoded; query parameters other than the database are
// passed over. Throws std::invalid_argument, whose text holds nothing of the URL.
RedisEndpoint ParseRedisUrl(std::string_view url);

}  // namespace collectors
