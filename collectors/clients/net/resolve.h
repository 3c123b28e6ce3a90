#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "exporter/seam/collector.h"

namespace collectors {

// An address that connect() takes.
struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// The TCP addresses of a host, in the system's order of preference. A name is
// looked up on a thread of its own, because getaddrinfo() heeds no deadline: a
// lookup that outlives it, or the watchdog's ExpireAll(), ends by itself, and its
// answer is dropped. At most 64 are under way. Throws CollectError kConnect or
// kTimeout. Any thread.
std::vector<SocketAddress> Resolve(const exporter::CollectContext& context, const std::string& host,
                                   std::uint16_t port);

// The address of a socket in the file system. Throws CollectError kConnect
// where the path is too long for one.
SocketAddress UnixAddress(const std::string& path);

}  // namespace collectors
