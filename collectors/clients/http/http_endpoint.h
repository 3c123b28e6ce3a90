#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "exporter/seam/secret.h"

namespace collectors {

// Where a URL http://[user[:password]@]host[:port][/path] leads; https:// by TLS.
struct HttpEndpoint {
  std::string host;  // An IPv6 address without its brackets.
  std::uint16_t port = 80;
  std::string user;
  exporter::Secret password;
  std::string path;  // As in the URL, still encoded, without a slash at its end: "", "/a/b".
  bool tls = false;

  std::string Name() const;  // "host:port", "[::1]:port"; holds no secret.
};

// Throws std::invalid_argument, whose text holds nothing of the URL.
HttpEndpoint ParseHttpUrl(std::string_view url);

// A text as it may stand between two slashes of a path, whatever is in it.
std::string PercentEncoded(std::string_view text);

}  // namespace collectors
