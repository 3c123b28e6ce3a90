#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "exporter/secret.h"

namespace collectors {

// Where a Redis URL leads: to a host and a port, or to a socket in the file
// system. The spellings are those of redis-py and Celery:
//   redis://[[user]:password@][host][:port][/db][?db=N]
//   unix://[[user]:password@]/path[?db=N], redis+socket:///path[?virtual_host=N]
struct RedisEndpoint {
  std::string host;  // An IPv6 address without its brackets. Empty for a socket's path.
  std::uint16_t port = 6379;
  std::string path;
  std::string user;
  exporter::Secret password;
  int database = 0;

  // "host:port", "[::1]:port" or the path; holds no secret.
  std::string Name() const;
};

// Parts may be percent-encoded; query parameters other than the database are
// passed over. Throws std::invalid_argument, whose text holds nothing of the URL.
RedisEndpoint ParseRedisUrl(std::string_view url);

}  // namespace collectors
