#pragma once

#include <string>

namespace exporter {

// An address on which the HTTP server listens.
struct ListenAddress {
  std::string host;  // Without the brackets of an IPv6 address. Empty: all interfaces.
  int port = 9899;   // 0: the system chooses.

  bool operator==(const ListenAddress&) const = default;
};

}  // namespace exporter
