#include "exporter/seam/watchdog.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

namespace exporter {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// Two connected sockets; reads on the first block until something ends them.
class SocketPair {
 public:
  SocketPair() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds_.data()) == 0); }
  ~SocketPair() {
    ::close(fds_[0]);
    ::close(fds_[1]);
  }
  SocketPair(const SocketPair&) = delete;
  SocketPair& operator=(const SocketPair&) = delete;

  int fd() const { return fds_[0]; }
  ssize_t ReadByte() const {
    char byte = 0;
    return ::read(fds_[0], &byte, 1);
  }
  void SendByte() const { REQUIRE(::write(fds_[1], "x", 1) == 1); }

 private:
  std::array<int, 2> fds_{};
};

}  // namespace

TEST_CASE("a read that nobody answers ends at its deadline") {
  Watchdog watchdog;
  const SocketPair sockets;
  const auto start = steady_clock::now();
  const auto guard = watchdog.Watch(sockets.fd(), Deadline::After(100ms));
  CHECK(sockets.ReadByte() == 0);
  const auto took = steady_clock::now() - start;
  CHECK(took >= 99ms);
  CHECK(took < 600ms);
}

TEST_CASE("a socket whose guard is gone is left alone") {
  Watchdog watchdog;
  const SocketPair sockets;
  const SocketPair later;
  { const auto guard = watchdog.Watch(sockets.fd(), Deadline::After(1ms)); }
  // The watchdog has passed the first deadline once it has acted on a later one.
  const auto guard = watchdog.Watch(later.fd(), Deadline::After(20ms));
  CHECK(later.ReadByte() == 0);
  sockets.SendByte();
  CHECK(sockets.ReadByte() == 1);
}

TEST_CASE("ExpireAll ends what is watched, and what is watched later") {
  Watchdog watchdog;
  const SocketPair before;
  const SocketPair after;
  const auto guard = watchdog.Watch(before.fd(), Deadline::After(1h));
  CHECK_FALSE(watchdog.expired());
  std::jthread stopping([&watchdog] { watchdog.ExpireAll(); });
  CHECK(before.ReadByte() == 0);
  CHECK(watchdog.expired());
  const auto second = watchdog.Watch(after.fd(), Deadline::After(1h));
  CHECK(after.ReadByte() == 0);
}

}  // namespace exporter
