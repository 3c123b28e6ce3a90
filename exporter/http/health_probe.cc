#include "exporter/http/health_probe.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

namespace exporter {
namespace {

constexpr std::string_view kRequest =
    "GET /-/healthy HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
// "HTTP/1.1 200": all that the answer has to say.
constexpr std::size_t kStatusEnd = 12;

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

std::string Reachable(const std::string& host) {
  if (host.empty() || host == "0.0.0.0") return "127.0.0.1";
  return host == "::" ? "::1" : host;
}

// Waits until the socket is ready for `event`. Returns false at the deadline.
bool Await(int fd, short event, Deadline deadline) {
  while (!deadline.Expired()) {
    pollfd polled{fd, event, 0};
    // Rounded up, so that the last millisecond does not spin.
    const int ready = ::poll(&polled, 1, static_cast<int>(deadline.Remaining().count()) + 1);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
  return false;
}

std::string LastError() { return std::strerror(errno); }

// Returns an empty string once the socket is connected, else the reason.
std::string Connect(int fd, const addrinfo& address, Deadline deadline) {
  if (::connect(fd, address.ai_addr, address.ai_addrlen) == 0) return "";
  if (errno != EINPROGRESS) return LastError();
  if (!Await(fd, POLLOUT, deadline)) return "no connection in time";
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? "" : std::strerror(error);
}

// Returns an empty string if the answer's status is 200, else the reason.
std::string Judge(int fd, Deadline deadline) {
  std::string answer;
  while (answer.size() < kStatusEnd) {
    if (!Await(fd, POLLIN, deadline)) return "no answer in time";
    std::array<char, 256> chunk;
    const ssize_t got = ::recv(fd, chunk.data(), chunk.size(), 0);
    if (got < 0) return LastError();
    if (got == 0) return "the connection was closed without an answer";
    answer.append(chunk.data(), static_cast<std::size_t>(got));
  }
  if (!answer.starts_with("HTTP/1.")) return "the answer is not HTTP";
  const std::string status = answer.substr(kStatusEnd - 3, 3);
  return status == "200" ? "" : "the answer has the status " + status;
}

}  // namespace

std::string ProbeHealth(const ListenAddress& address, Deadline deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(Reachable(address.host).c_str(),
                                   std::to_string(address.port).c_str(), &hints, &found);
  if (failed != 0) return ::gai_strerror(failed);
  const Addresses addresses(found, &::freeaddrinfo);
  // The exporter, too, listens on the first address that will do.
  const Descriptor socket(
      ::socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.fd() < 0) return LastError();
  if (std::string reason = Connect(socket.fd(), *found, deadline); !reason.empty()) return reason;
  // A fresh socket's buffer takes the request whole.
  if (::send(socket.fd(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL) < 0) return LastError();
  return Judge(socket.fd(), deadline);
}

}  // namespace exporter
