#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "exporter/seam/collector.h"

namespace collectors {

// An address for connect().
struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// Returns the TCP addresses of a host, in the system's order of preference. Looks a name up on a
// separate thread, because getaddrinfo() takes no deadline: a lookup that outlives the deadline or
// the watchdog's ExpireAll() ends by itself, and its result is dropped. At most 64 lookups run at a
// time. Throws CollectError kConnect or kTimeout. May be called from any thread.
std::vector<SocketAddress> Resolve(const exporter::CollectContext& context, const std::string& host,
                                   std::uint16_t port);

// Returns the address of a Unix socket. Throws CollectError kConnect if the path is too long.
SocketAddress UnixAddress(const std::string& path);

}  // namespace collectors
