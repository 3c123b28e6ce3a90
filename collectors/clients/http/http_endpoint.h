#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "exporter/seam/secret.h"

namespace collectors {

// The target of a URL http://[user[:password]@]host[:port][/path]; https:// uses TLS.
struct HttpEndpoint {
  std::string host;  // An IPv6 address has no brackets.
  std::uint16_t port = 80;
  std::string user;
  exporter::Secret password;
  std::string path;  // As in the URL, still encoded, without a slash at the end: "", "/a/b".
  bool tls = false;

  std::string Name() const;  // "host:port", "[::1]:port"; holds no secret.
};

// Throws std::invalid_argument; its text holds nothing of the URL.
HttpEndpoint ParseHttpUrl(std::string_view url);

}  // namespace collectors
