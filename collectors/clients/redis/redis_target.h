#pragma once

#include <optional>
#include <string>

#include "collectors/clients/net/tls.h"
#include "collectors/clients/redis/endpoint.h"
#include "exporter/seam/secret.h"

namespace collectors {

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

}  // namespace collectors
