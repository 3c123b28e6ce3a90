#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

namespace exporter {

// A client that speaks bytes, with five seconds for everything.
class RawClient {
 public:
  // A `receive_buffer` of so many bytes, about, if it is not 0.
  explicit RawClient(int port, int receive_buffer = 0) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer != 0)
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  ~RawClient() { ::close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void Send(std::string_view text) const {
    REQUIRE(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(text.size()));
  }
  // Some bytes, `most` at most; none at the end.
  std::size_t ReceiveSome(std::size_t most) const {
    pollfd polled{fd_, POLLIN, 0};
    if (::poll(&polled, 1, 5000) <= 0) throw std::runtime_error("no answer in 5 s");
    std::array<char, 65536> chunk;
    const ssize_t got = ::recv(fd_, chunk.data(), std::min(most, chunk.size()), 0);
    return got < 0 ? 0 : static_cast<std::size_t>(got);
  }
  void SendNoMore() const { REQUIRE(::shutdown(fd_, SHUT_WR) == 0); }
  // Everything until the connection ends, or `last` has come.
  std::string Receive(std::string_view last = {}) const {
    std::string received;
    while (last.empty() || !received.ends_with(last)) {
      pollfd polled{fd_, POLLIN, 0};
      if (::poll(&polled, 1, 5000) <= 0) throw std::runtime_error("no answer in 5 s");
      std::array<char, 65536> chunk;
      const ssize_t got = ::recv(fd_, chunk.data(), chunk.size(), 0);
      if (got <= 0) break;
      received.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return received;
  }

 private:
  int fd_;
};

}  // namespace exporter
