#pragma once

#include <optional>
#include <string>

#include "collectors/clients/net/tls.h"
#include "collectors/clients/redis/endpoint.h"
#include "exporter/seam/secret.h"

namespace collectors {

// The address of a Redis and our login. `url` and `password` are loaded again for each new
// connection. `password`, if given, overrides the URL's.
struct RedisTarget {
  exporter::SecretSource url;  // redis://[user[:password]@]host[:port][/db], unix:///path?db=0
  std::string user;
  exporter::SecretSource password;
  std::string client_name;  // Shown by CLIENT LIST: "exporter:cache".
  // If set, the server to connect to instead of the URL's host.
  std::optional<RedisNodeAddress> node = std::nullopt;
  TlsOptions tls = {};           // For a URL with TLS.
  std::string master_name = {};  // The sentinels' master, if the URL names sentinels and no master.
  // The login for the sentinels, if the URL names any.
  std::string sentinel_user = {};
  exporter::SecretSource sentinel_password = {};
};

}  // namespace collectors
