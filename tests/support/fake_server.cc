#include "tests/support/fake_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace testing {
namespace {

// Thrown to leave a script.
struct Gone {};

constexpr std::chrono::milliseconds kForever(-1);

int Listen() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(fd, 8) != 0) {
    throw std::runtime_error("the fake server cannot listen");
  }
  return fd;
}

std::uint16_t PortOf(int fd) {
  sockaddr_in address = {};
  socklen_t length = sizeof(address);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  return ntohs(address.sin_port);
}

}  // namespace

bool FakeServer::Peer::Receive(std::chrono::milliseconds wait) {
  pollfd watched = {fd_, POLLIN, 0};
  if (::poll(&watched, 1, static_cast<int>(wait.count())) == 0) return false;
  char buffer[4096];
  const ssize_t got = ::recv(fd_, buffer, sizeof(buffer), 0);
  if (got <= 0) throw Gone();
  received_.append(buffer, static_cast<std::size_t>(got));
  return true;
}

void FakeServer::Peer::Expect(std::string_view text) {
  std::size_t found = received_.find(text);
  for (; found == std::string::npos; found = received_.find(text)) Receive(kForever);
  received_.erase(0, found + text.size());
}

void FakeServer::Peer::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) throw Gone();
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void FakeServer::Peer::Drip(std::string_view bytes, std::chrono::milliseconds pause) {
  for (const char byte : bytes) {
    while (Receive(pause)) {
    }
    Send({&byte, 1});
  }
}

void FakeServer::Peer::Mute() {
  while (true) Receive(kForever);
}

void FakeServer::Peer::Stall() {
  pollfd watched = {fd_, POLLRDHUP, 0};
  ::poll(&watched, 1, -1);
  throw Gone();
}

void FakeServer::Peer::Reset() {
  const linger now = {1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  throw Gone();
}

FakeServer::FakeServer(std::vector<Script> scripts)
    : listener_(Listen()),
      port_(PortOf(listener_)),
      thread_([this, scripts = std::move(scripts)] { Serve(scripts); }) {}

FakeServer::~FakeServer() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
    if (current_ >= 0) ::shutdown(current_, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);  // Wakes accept().
  thread_.join();
  ::close(listener_);
}

bool FakeServer::SetCurrent(int fd) {
  const std::lock_guard<std::mutex> lock(mutex_);
  current_ = fd;
  return !ending_;
}

void FakeServer::Serve(const std::vector<Script>& scripts) {
  for (std::size_t n = 0;; ++n) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (SetCurrent(fd)) {
      try {
        Peer peer(fd);
        scripts[std::min(n, scripts.size() - 1)](peer);
      } catch (const Gone&) {
        // The script is over; the next client may come.
      }
    }
    SetCurrent(-1);
    ::close(fd);
  }
}

}  // namespace testing
