#include "exporter/http_lobby.h"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <numeric>
#include <optional>
#include <system_error>
#include <utility>

#include "exporter/http_head.h"

namespace exporter {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// At a time, so that no client's answer keeps the others waiting.
constexpr std::size_t kMostSent = 256 << 10;
constexpr milliseconds kPollPause{10};

int OpenWakeFd() {
  const int fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return fd;
}

}  // namespace

HttpLobby::HttpLobby(Limits limits, std::function<void(Visitor)> serve,
                     std::function<void(const std::string& reason)> broken)
    : limits_(limits),
      serve_(std::move(serve)),
      broken_(std::move(broken)),
      wake_fd_(OpenWakeFd()) {}

HttpLobby::~HttpLobby() {
  thread_.request_stop();
  Wake();
  if (thread_.joinable()) thread_.join();
  for (Waiting& waiting : waiting_) ::close(waiting.visitor.fd);
  MutexLock lock(mutex_);
  for (const Visitor& visitor : returned_) ::close(visitor.fd);
  ::close(wake_fd_);
}

void HttpLobby::Wake() const {
  const std::uint64_t one = 1;
  // A full counter would mean that the thread is awake already.
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_, &one, sizeof one);
}

void HttpLobby::Open(std::vector<HttpDoor> doors) {
  doors_ = std::move(doors);
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void HttpLobby::Return(Visitor visitor) {
  {
    MutexLock lock(mutex_);
    --served_;
    if (closed_ || (!visitor.stays && visitor.unsent.empty())) {
      ::close(visitor.fd);
      return;
    }
    returned_.push_back(std::move(visitor));
  }
  Wake();
}

void HttpLobby::Close() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  Wake();
}

// The one place where the lobby's faults end: without it nobody is answered, so
// that none may pass unseen.
void HttpLobby::Run(const std::stop_token& stop) {
  try {
    while (!stop.stop_requested()) {
      TakeReturned(steady_clock::now());
      PollOnce(steady_clock::now());
    }
  } catch (const std::exception& error) {
    doors_.clear();
    broken_(error.what());
  }
}

void HttpLobby::TakeReturned(SteadyTime now) {
  std::vector<Visitor> returned;
  {
    MutexLock lock(mutex_);
    returned.swap(returned_);
    if (closed_) doors_.clear();
  }
  for (Visitor& visitor : returned) Settle(std::move(visitor), now);
  Remove();
}

void HttpLobby::Admit(HttpDoor& door, SteadyTime now) {
  const std::optional<int> fd = door.Admit(now);
  // Who asks for health comes anew each time, and must not wait for idle ones.
  if (door.lacks_descriptor()) DropLongestWaiting();
  if (!fd) return;
  std::size_t served = 0;
  {
    MutexLock lock(mutex_);
    served = served_;
  }
  if (served + waiting_.size() >= limits_.connections) DropLongestWaiting();
  Visitor visitor;
  visitor.fd = *fd;
  Settle(std::move(visitor), now);
}

void HttpLobby::Settle(Visitor visitor, SteadyTime now) {
  Waiting& waiting = waiting_.emplace_back(Waiting{std::move(visitor), now, now + limits_.idle});
  if (!waiting.visitor.unsent.empty() && UnsentBytes() > limits_.unsent_bytes) Drop(waiting);
  Continue(waiting, now);
}

void HttpLobby::DropLongestWaiting() {
  const auto longest =
      std::min_element(waiting_.begin(), waiting_.end(), [](const Waiting& a, const Waiting& b) {
        if ((a.visitor.fd < 0) != (b.visitor.fd < 0)) return b.visitor.fd < 0;
        return a.since < b.since;
      });
  if (longest == waiting_.end()) return;
  if (longest->visitor.fd >= 0) Drop(*longest);
  waiting_.erase(longest);
}

std::size_t HttpLobby::UnsentBytes() const {
  return std::accumulate(
      waiting_.begin(), waiting_.end(), std::size_t{0},
      [](std::size_t sum, const Waiting& waiting) { return sum + waiting.visitor.unsent.size(); });
}

void HttpLobby::PollOnce(SteadyTime now) {
  std::vector<pollfd> polled{{wake_fd_, POLLIN, 0}};
  SteadyTime next = now + limits_.idle;
  for (const HttpDoor& door : doors_) {
    const bool is_open = door.opens_at() <= now;
    polled.push_back({is_open ? door.fd() : -1, POLLIN, 0});
    if (!is_open) next = std::min(next, door.opens_at());
  }
  for (const Waiting& waiting : waiting_) {
    const bool writes = !waiting.visitor.unsent.empty();
    polled.push_back({waiting.visitor.fd, static_cast<short>(writes ? POLLOUT : POLLIN), 0});
    next = std::min(next, waiting.expires_at);
  }
  const auto left = std::chrono::ceil<milliseconds>(next - now).count();
  if (::poll(polled.data(), polled.size(), static_cast<int>(std::max<long>(left, 0))) < 0) {
    if (errno == EINTR) return;
    // Too many for the system's memory, or for a limit that was lowered since.
    DropLongestWaiting();
    std::this_thread::sleep_for(kPollPause);
    return;
  }
  Attend(polled, steady_clock::now());
}

// Does what the poll of the wake-up, the doors and those who wait has found.
void HttpLobby::Attend(const std::vector<pollfd>& polled, SteadyTime now) {
  auto result = polled.begin();
  if ((result++)->revents != 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(wake_fd_, &count, sizeof count);
  }
  const auto of_waiting = result + static_cast<std::ptrdiff_t>(doors_.size());
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    if (of_waiting[static_cast<std::ptrdiff_t>(i)].revents != 0) Continue(waiting_[i], now);
    if (waiting_[i].visitor.fd >= 0 && waiting_[i].expires_at <= now) Drop(waiting_[i]);
  }
  Remove();
  for (HttpDoor& door : doors_)
    if ((result++)->revents != 0) Admit(door, now);
  Remove();
}

void HttpLobby::Continue(Waiting& waiting, SteadyTime now) {
  if (waiting.visitor.fd >= 0 && !waiting.visitor.unsent.empty()) WriteTo(waiting, now);
  if (waiting.visitor.fd >= 0 && waiting.visitor.unsent.empty()) ReadFrom(waiting, now);
}

void HttpLobby::WriteTo(Waiting& waiting, SteadyTime now) {
  if (waiting.expires_at > now + limits_.answer_time)
    waiting.expires_at = now + limits_.answer_time;
  std::string& unsent = waiting.visitor.unsent;
  const std::size_t size = std::min(unsent.size() - waiting.sent, kMostSent);
  const ssize_t sent =
      ::send(waiting.visitor.fd, unsent.data() + waiting.sent, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return Drop(waiting);
  waiting.sent += static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
  if (waiting.sent < unsent.size()) return;
  unsent = {};
  waiting.sent = 0;
  if (!waiting.visitor.stays) return Drop(waiting);
  waiting.since = now;
  waiting.expires_at = now + limits_.idle;
}

void HttpLobby::ReadFrom(Waiting& waiting, SteadyTime now) {
  std::string& received = waiting.visitor.received;
  DropEmptyLines(received);
  // A whole head first: a client may send many, and only one is read at a time.
  if (received.find("\r\n\r\n") != std::string::npos) return PassOn(waiting);
  std::array<char, 4096> chunk;
  const ssize_t got = ::recv(waiting.visitor.fd, chunk.data(), chunk.size(), MSG_DONTWAIT);
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return Drop(waiting);
  if (got > 0) received.append(chunk.data(), static_cast<std::size_t>(got));
  DropEmptyLines(received);
  if (received.empty()) return;
  waiting.expires_at = std::min(waiting.expires_at, now + limits_.head_time);
  if (received.find("\r\n\r\n") != std::string::npos || received.size() >= limits_.head_bytes)
    PassOn(waiting);
}

void HttpLobby::PassOn(Waiting& waiting) {
  Visitor visitor = std::exchange(waiting.visitor, Visitor{});
  {
    MutexLock lock(mutex_);
    if (closed_) {
      ::close(visitor.fd);
      return;
    }
    ++served_;
  }
  serve_(std::move(visitor));
}

void HttpLobby::Drop(Waiting& waiting) {
  ::close(waiting.visitor.fd);
  waiting.visitor = Visitor{};
}

void HttpLobby::Remove() {
  std::erase_if(waiting_, [](const Waiting& waiting) { return waiting.visitor.fd < 0; });
}

}  // namespace exporter
