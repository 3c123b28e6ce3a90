#include "collectors/clients/net/stream.h"

#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using exporter::SteadyTime;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLongestPoll = std::chrono::hours(1);  // Fits poll()'s int.

// The watchdog shuts a socket down at its deadline, which then looks like the peer closed it: after
// the deadline every failure is a timeout.
[[noreturn]] void Fail(Deadline deadline, const std::string& what) {
  if (deadline.Expired()) throw CollectError(ErrorKind::kTimeout, "the time was up");
  throw CollectError(ErrorKind::kConnect, what);
}

[[noreturn]] void FailWith(Deadline deadline, const std::string& what, int error) {
  Fail(deadline, what + ": " + std::generic_category().message(error));
}

constexpr std::size_t kReadBytes = std::size_t{16} << 10;
constexpr std::size_t kMostLastWords = std::size_t{4} << 10;

bool IsWait(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace

Stream::Stream(const CollectContext& context, const SocketAddress& address)
    : fd_(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  if (fd_ < 0) FailWith(context.deadline, "cannot open a socket", errno);
  // A request is one write, then its answer is awaited: there is nothing to gather.
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));  // Fails on a Unix socket.
  try {
    if (::connect(fd_, address.get(), address.length) == 0) return;
    if (errno != EINPROGRESS) FailWith(context.deadline, "cannot connect", errno);
    FinishConnect(context);
  } catch (...) {
    ::close(fd_);
    throw;
  }
}

void Stream::FinishConnect(const CollectContext& context) {
  Await(context, POLLOUT);
  int error = 0;
  socklen_t length = sizeof(error);
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) FailWith(context.deadline, "cannot connect", error);
}

Stream Stream::Connect(const CollectContext& context, const std::string& host, std::uint16_t port) {
  const std::vector<SocketAddress> addresses = Resolve(context, host, port);
  for (std::size_t left = addresses.size(); left > 1; --left) {
    const auto share = context.deadline.Remaining() / static_cast<int>(left);
    try {
      return Stream({Deadline::After(share), context.watchdog}, addresses[addresses.size() - left]);
    } catch (const CollectError&) {
      // Try the next address. If all fail, the last one's error is thrown.
    }
  }
  return Stream(context, addresses.back());
}

Stream Stream::ConnectUnix(const CollectContext& context, const std::string& path) {
  return Stream(context, UnixAddress(path));
}

Stream::~Stream() {
  if (fd_ >= 0) ::close(fd_);
}

Stream::Stream(Stream&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), tls_(std::move(other.tls_)) {}

void Stream::StartTls(const CollectContext& context, const TlsOptions& options,
                      const std::string& host) {
  tls_ = std::make_unique<TlsLayer>(options, host);
  while (!tls_->Handshake()) FeedTls(context);
  Send(context, tls_->Output());
}

void Stream::FeedTls(const CollectContext& context) {
  Send(context, tls_->Output());
  std::array<char, kReadBytes> buffer;
  tls_->Input({buffer.data(), Receive(context, buffer)});
}

void Stream::Write(const CollectContext& context, std::string_view bytes) {
  if (tls_ == nullptr) return Send(context, bytes);
  tls_->Encrypt(bytes);
  Send(context, tls_->Output());
}

bool Stream::HasInput() const {
  pollfd watched = {fd_, POLLIN, 0};
  return ::poll(&watched, 1, 0) != 0;
}

std::string Stream::Unasked(const CollectContext& context) {
  std::array<char, kReadBytes> buffer;
  std::size_t got = tls_ == nullptr ? 0 : tls_->Decrypt(buffer);
  while (got == 0 && HasInput()) {
    got = Receive(context, buffer);
    if (tls_ == nullptr) break;
    // TLS 1.3 sends tickets and alerts at any time: only application data counts.
    tls_->Input({buffer.data(), got});
    got = tls_->Decrypt(buffer);
  }
  return {buffer.data(), got};
}

void Stream::ExpectSilence(const CollectContext& context) {
  if (Unasked(context).empty()) return;
  Fail(context.deadline, "the server says more than it was asked");
}

std::string Stream::LastWords() noexcept try {
  std::string words;
  while (words.size() < kMostLastWords && HasInput() && Overhear(words)) {
  }
  words.resize(std::min(words.size(), kMostLastWords));
  return words;
} catch (const std::exception&) {
  return {};  // Report the earlier failure instead.
}

std::size_t Stream::Read(const CollectContext& context, std::span<char> buffer) {
  if (tls_ == nullptr) return Receive(context, buffer);
  while (true) {
    const std::size_t got = tls_->Decrypt(buffer);
    if (got > 0) return got;
    FeedTls(context);
  }
}

std::size_t Stream::ReadUntil(const CollectContext& context, Deadline until,
                              std::span<char> buffer) {
  // The wait ends by itself. If the watchdog knew its end, it would wake together with us after the
  // process was stopped, and would cut a connection that holds unread data.
  const CollectContext waiting{Deadline::At(SteadyTime::max()), context.watchdog};
  std::optional<CollectContext> reading;
  while (true) {
    if (tls_ != nullptr) {
      const std::size_t got = tls_->Decrypt(buffer);
      if (got > 0) return got;
    }
    if (!IsReady(waiting, POLLIN, until)) return 0;
    if (!reading) {
      const SteadyTime late = steady_clock::now() + (context.deadline.when() - until.when());
      const SteadyTime end = std::max(context.deadline.when(), late);
      reading.emplace(CollectContext{Deadline::At(end), context.watchdog});
    }
    if (tls_ == nullptr) return Receive(*reading, buffer);
    FeedTls(*reading);
  }
}

bool Stream::IsReady(const CollectContext& context, short events, Deadline until) const {
  const exporter::Watchdog::Guard guard = context.watchdog.Watch(fd_, context.deadline);
  while (true) {
    const auto wait = std::min(until.Remaining(), kLongestPoll);
    pollfd watched = {fd_, events, 0};
    const int ready = ::poll(&watched, 1, static_cast<int>(wait.count()));
    if (ready > 0) return true;  // Errors too: the next call reports them.
    if (ready < 0 && errno != EINTR) FailWith(context.deadline, "cannot wait", errno);
    if (until.Expired()) return false;
  }
}

void Stream::Await(const CollectContext& context, short events) const {
  if (!context.deadline.Expired() && IsReady(context, events, context.deadline)) return;
  throw CollectError(ErrorKind::kTimeout, "the time was up");
}

void Stream::Send(const CollectContext& context, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (IsWait(errno)) {
      Await(context, POLLOUT);
    } else if (errno != EINTR) {
      FailWith(context.deadline, "cannot send", errno);
    }
  }
}

void Stream::Part(std::string_view goodbye, std::string_view answer,
                  std::chrono::milliseconds patience) noexcept {
  try {
    const Deadline end = Deadline::After(patience);
    std::string bytes(goodbye);
    if (tls_ != nullptr) {
      tls_->Encrypt(goodbye);
      bytes = tls_->Output();
    }
    ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    std::string heard;  // Only the last bytes: the answer may begin there.
    pollfd watched = {fd_, POLLIN, 0};
    while (!end.Expired() && ::poll(&watched, 1, static_cast<int>(end.Remaining().count())) > 0) {
      if (!Overhear(heard) || heard.find(answer) != std::string::npos) return;
      heard.erase(0, heard.size() - std::min(heard.size(), answer.size() - 1));
    }
  } catch (const std::exception&) {
    return;  // Saying goodbye is optional: the peer will see the connection close.
  }
}

bool Stream::Overhear(std::string& heard) {
  std::array<char, kReadBytes> buffer;
  const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (got <= 0) return false;
  if (tls_ == nullptr) {
    heard.append(buffer.data(), static_cast<std::size_t>(got));
    return true;
  }
  tls_->Input({buffer.data(), static_cast<std::size_t>(got)});
  for (std::size_t plain = tls_->Decrypt(buffer); plain > 0; plain = tls_->Decrypt(buffer)) {
    heard.append(buffer.data(), plain);
  }
  return true;
}

std::size_t Stream::Receive(const CollectContext& context, std::span<char> buffer) {
  while (true) {
    Await(context, POLLIN);
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got > 0) return static_cast<std::size_t>(got);
    if (got == 0) Fail(context.deadline, "the server closed the connection");
    if (!IsWait(errno) && errno != EINTR) FailWith(context.deadline, "cannot receive", errno);
  }
}

}  // namespace collectors
