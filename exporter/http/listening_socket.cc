#include "exporter/http/listening_socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace exporter {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

void Set(int fd, int level, int option, int value) {
  ::setsockopt(fd, level, option, &value, sizeof value);
}

// Returns -1, with the reason in errno, if this address cannot be bound.
int ListenOn(const addrinfo& address) {
  const int fd = ::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  // A restart need not wait for old connections. SO_REUSEPORT is not used: two exporters could
  // share a port.
  Set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  // Connections inherit it. Otherwise a kept-alive scrape would wait for an acknowledgement.
  Set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  // Also inherited. Otherwise the system would buffer up to 4 MiB for each client that does not
  // read.
  Set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, static_cast<int>(ListeningSocket::kHeld));
  if (address.ai_family == AF_INET6) Set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (::bind(fd, address.ai_addr, address.ai_addrlen) == 0 && ::listen(fd, SOMAXCONN) == 0)
    return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

struct Attempt {
  int fd = -1;
  int error = 0;       // errno of the last address that was tried; 0 if none was.
  std::string reason;  // Why there is no descriptor.
};

Attempt ListenOnHost(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (failed == EAI_SYSTEM) return {-1, errno, std::strerror(errno)};
  if (failed != 0) return {-1, 0, ::gai_strerror(failed)};
  const Addresses addresses(found, &::freeaddrinfo);
  Attempt attempt;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    attempt.fd = ListenOn(*address);
    if (attempt.fd >= 0) break;
    attempt.error = errno;
    attempt.reason = std::strerror(attempt.error);
    if (attempt.error == EADDRINUSE) break;
  }
  return attempt;
}

std::string Spelled(const ListenAddress& address) {
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace

ListeningSocket::ListeningSocket(const ListenAddress& address) {
  // "::" also accepts IPv4; a machine without IPv6 has only the other address.
  const std::vector<std::string> hosts = address.host.empty()
                                             ? std::vector<std::string>{"::", "0.0.0.0"}
                                             : std::vector<std::string>{address.host};
  Attempt attempt;
  for (const std::string& host : hosts) {
    attempt = ListenOnHost(host, address.port);
    // A port that another process has is not shared, even if the other address is free.
    if (attempt.fd >= 0 || attempt.error == EADDRINUSE) break;
  }
  if (attempt.fd < 0)
    throw std::runtime_error("cannot listen on " + Spelled(address) + ": " + attempt.reason);
  fd_ = attempt.fd;
}

ListeningSocket::~ListeningSocket() {
  if (fd_ >= 0) ::close(fd_);
}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {}

ListeningSocket& ListeningSocket::operator=(ListeningSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

int ListeningSocket::Port() const {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return -1;
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(bound).sin6_port
                                           : reinterpret_cast<const sockaddr_in&>(bound).sin_port);
}

}  // namespace exporter
