#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/clients/net/tls.h"
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
//   sentinel://[[user]:password@]host[:port][/db];sentinel://host[:port]..., as Celery lists them
// rediss:// and rediss-sentinel:// use TLS; parameters of redis-py and Celery say how
// (ssl_cert_reqs). valkey:// and Laravel's tcp:// mean redis://, valkeys:// and tls:// rediss://.
struct RedisEndpoint {
  std::string host;  // An IPv6 address has no brackets. Empty if `path` is set.
  std::uint16_t port = 6379;
  std::string path;
  std::string user;
  exporter::Secret password;
  int database = 0;
  bool tls = false;
  TlsOptions tls_options = {};              // By the URL's parameters.
  std::vector<RedisNodeAddress> sentinels;  // If not empty, they supply the host and the port.
  std::string master;                       // The master's name in the sentinels.
  std::vector<std::string> dropped;         // Names of the URL's parameters without an effect.

  // Returns "host:port", "[::1]:port" or the path. Holds no secret.
  std::string Name() const;
};

// Returns true if ParseRedisUrl() reads URLs of this scheme.
bool HasRedisScheme(std::string_view url);
// Returns true if the scheme is one of a URL that names sentinels.
bool HasSentinelScheme(std::string_view url);
// Parts may be percent-encoded. `master` is the name of the sentinels' master, if the URL has none.
// Drops parameters that concern only the application's client. Throws std::invalid_argument; its
// text holds nothing of the URL except the name of a parameter.
RedisEndpoint ParseRedisUrl(std::string_view url, std::string_view master = {});

}  // namespace collectors
