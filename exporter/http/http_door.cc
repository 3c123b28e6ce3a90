#include "exporter/http/http_door.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include "exporter/seam/log.h"

namespace exporter {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A pause doubles with each failure. Even the longest one leaves a scrape in time, and costs ten
// calls a second.
constexpr milliseconds kFirstPause{1};
constexpr milliseconds kLongestPause{100};
// Failures at shorter distances are one disturbance and are logged once.
constexpr seconds kQuiet{10};

// The socket itself is broken; no later call can succeed: accept(2).
constexpr std::array kHopeless = {EBADF, EINVAL, ENOTSOCK, EFAULT};
// Not a failure: the client left before its connection was accepted. After this many in a row, it
// is one.
constexpr std::array kNothingThere = {EAGAIN, EWOULDBLOCK, EINTR};
constexpr int kMostNothing = 10;

struct Reason {
  int error;
  std::string_view name;
};
constexpr std::array kExhausted = {
    Reason{EMFILE, "descriptors"}, Reason{ENFILE, "descriptors"}, Reason{ENOBUFS, "memory"},
    Reason{ENOMEM, "memory"},      Reason{ENOSR, "memory"},
};

template <typename Errors>
bool Holds(const Errors& errors, int error) {
  return std::find(errors.begin(), errors.end(), error) != errors.end();
}

// accept(2) on Linux also reports errors of a connection's network or of a firewall. Every error
// but a lack of resources counts as one of these.
std::string_view ReasonOf(int error) {
  for (const Reason& reason : kExhausted)
    if (reason.error == error) return reason.name;
  return "network";
}

}  // namespace

int AcceptConnection(int listening_fd) {
  return ::accept4(listening_fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

HttpDoor::HttpDoor(ListeningSocket socket, AcceptCall accept,
                   std::function<void(std::string_view reason)> failed)
    : socket_(std::move(socket)),
      port_(socket_.Port()),
      accept_(std::move(accept)),
      failed_(std::move(failed)) {}

std::optional<int> HttpDoor::Admit(SteadyTime now) {
  const int connection = accept_(fd());
  lacks_descriptor_ = connection < 0 && errno == EMFILE;
  if (connection < 0) {
    Fail(errno, now);
    return std::nullopt;
  }
  failures_in_a_row_ = 0;
  if (failures_ > 0 && now - last_failure_ >= kQuiet) Recover();
  return connection;
}

void HttpDoor::Fail(int error, SteadyTime now) {
  const std::string port = std::to_string(port_);
  if (Holds(kHopeless, error))
    throw std::runtime_error("no connection can be accepted on port " + port +
                             " any more: " + std::strerror(error));
  // Also if there was no connection although the system reported one: it may report it again at
  // once.
  opens_at_ = now + std::min(kLongestPause, kFirstPause * (1 << failures_in_a_row_));
  failures_in_a_row_ = std::min(failures_in_a_row_ + 1, kMostNothing);
  if (Holds(kNothingThere, error) && failures_in_a_row_ < kMostNothing) return;
  failed_(ReasonOf(error));
  last_failure_ = now;
  if (++failures_ == 1)
    Log(LogLevel::kWarn, "a connection cannot be accepted; trying again",
        {{"port", port}, {"error", std::strerror(error)}});
}

void HttpDoor::Recover() {
  Log(LogLevel::kInfo, "connections are accepted again",
      {{"port", std::to_string(port_)}, {"failures", std::to_string(failures_)}});
  failures_ = 0;
}

}  // namespace exporter
