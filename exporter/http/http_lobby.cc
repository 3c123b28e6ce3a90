#include "exporter/http/http_lobby.h"

#include <linux/sockios.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>

#include "exporter/http/http_head.h"

namespace exporter {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The bytes of one turn, so that one answer does not delay the others.
constexpr std::size_t kMostSent = 256 << 10;
constexpr double kMib = 1 << 20;
constexpr milliseconds kPollPause{10};
constexpr milliseconds kShut{10};
constexpr milliseconds kBoundsPause{50};

int OpenWakeFd() {
  const int fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return fd;
}

// Bytes that the socket took and the client has not acknowledged. They may be megabytes that nobody
// reads.
std::size_t Queued(int fd) {
  int queued = 0;
  return ::ioctl(fd, SIOCOUTQ, &queued) == 0 && queued > 0 ? static_cast<std::size_t>(queued) : 0;
}

// Makes the system drop the unsent bytes at once, and shows the client that the answer is
// incomplete.
void Reset(int fd) {
  const linger at_once{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace

HttpLobby::HttpLobby(Limits limits, Calls calls)
    : limits_(limits), calls_(std::move(calls)), wake_fd_(OpenWakeFd()) {}

HttpLobby::~HttpLobby() {
  thread_.request_stop();
  Wake();
  if (thread_.joinable()) thread_.join();
  Close();
  TakeReturned(steady_clock::now());
  ::close(wake_fd_);
}

void HttpLobby::Wake() const {
  const std::uint64_t one = 1;
  // If the counter is full, the thread is awake already.
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_, &one, sizeof one);
}

void HttpLobby::Open(std::vector<HttpDoor> doors) {
  doors_ = std::move(doors);
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void HttpLobby::Return(Visitor visitor) {
  if (!visitor.stays && visitor.unsent.all_sent()) {
    ::close(visitor.fd);
    visitor.fd = -1;
  }
  {
    MutexLock lock(mutex_);
    --served_;
    if (visitor.fd >= 0) returned_.push_back(std::move(visitor));
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

// All faults of the lobby end here. None may go unnoticed: without the lobby no request is
// answered.
void HttpLobby::Run(const std::stop_token& stop) {
  try {
    while (!stop.stop_requested()) {
      TakeReturned(steady_clock::now());
      HoldToBounds(steady_clock::now());
      PollOnce(steady_clock::now());
    }
  } catch (const std::exception& error) {
    doors_.clear();
    calls_.broken(error.what());
  }
}

void HttpLobby::TakeReturned(SteadyTime now) {
  std::vector<Visitor> returned;
  bool closed = false;
  {
    MutexLock lock(mutex_);
    returned.swap(returned_);
    closed = closed_;
  }
  for (Visitor& visitor : returned) Settle(std::move(visitor), now);
  if (closed) {
    doors_.clear();
    for (Waiting& waiting : waiting_)
      if (waiting.open()) Drop(waiting, HttpCut::kStop);
  }
  Remove();
}

void HttpLobby::Admit(HttpDoor& door, SteadyTime now) {
  if (IsFull() && !MakeRoom(now)) {
    doors_open_at_ = now + kShut;
    return;
  }
  const std::optional<int> fd = door.Admit(now);
  // A probe connects anew each time, and must not wait for idle connections.
  if (door.lacks_descriptor()) MakeRoom(now);
  if (!fd) return;
  Visitor visitor;
  visitor.fd = *fd;
  Settle(std::move(visitor), now);
}

void HttpLobby::Settle(Visitor visitor, SteadyTime now) {
  Waiting& waiting = waiting_.emplace_back(Waiting{std::move(visitor), now, now + limits_.idle});
  if (waiting.takes()) {
    waiting.expires_at = now + AnswerTime(waiting.visitor.unsent.size());
    kept_.Add(waiting.visitor.unsent);
    ++takers_;
  }
  Continue(waiting, now);
}

milliseconds HttpLobby::AnswerTime(std::size_t bytes) const {
  return limits_.answer_time +
         std::chrono::duration_cast<milliseconds>(limits_.answer_time_per_mib *
                                                  (static_cast<double>(bytes) / kMib));
}

bool HttpLobby::IsFull() {
  MutexLock lock(mutex_);
  return served_ + waiting_.size() >= limits_.connections;
}

bool HttpLobby::MakeRoom(SteadyTime now) {
  const std::size_t before = waiting_.size();
  const auto gives_way = [](const Waiting& waiting) { return waiting.open() && !waiting.takes(); };
  const auto longest =
      std::min_element(waiting_.begin(), waiting_.end(), [&](const Waiting& a, const Waiting& b) {
        if (gives_way(a) != gives_way(b)) return gives_way(a);
        return a.since < b.since;
      });
  if (longest != waiting_.end() && gives_way(*longest)) {
    Drop(*longest, HttpCut::kSlow);
  } else {
    const std::size_t takers = takers_;
    DropSlow(now, [this, takers] { return takers_ < takers; });
  }
  Remove();
  return waiting_.size() < before;
}

// An eighth of the connections is reserved for clients that take no answer yet. So a client that
// asks need not wait, and a silent one takes nobody's place.
bool HttpLobby::IsWithinBounds() const {
  return takers_ <= limits_.connections * 7 / 8 && kept_.Bytes() <= limits_.kept_bytes;
}

// Only now and then: it costs a system call for each of them.
void HttpLobby::HoldToBounds(SteadyTime now) {
  if (now < bounds_due_ || IsWithinBounds()) return;
  DropSlow(now, [this] { return IsWithinBounds(); });
  Remove();
  bounds_due_ = now + kBoundsPause;
}

// The slowest first, until `enough`.
void HttpLobby::DropSlow(SteadyTime now, const std::function<bool()>& enough) {
  const double ordinary = std::chrono::duration<double>(limits_.answer_time_per_mib).count();
  std::vector<std::pair<double, Waiting*>> slow;
  for (Waiting& waiting : waiting_) {
    if (!waiting.open() || !waiting.takes()) continue;
    const double seconds = SecondsPerMib(waiting, now);
    if (seconds > ordinary) slow.emplace_back(seconds, &waiting);
  }
  std::sort(slow.begin(), slow.end(), std::greater<>());
  for (const auto& [seconds, waiting] : slow) {
    if (enough()) return;
    Drop(*waiting, HttpCut::kSlow);
  }
}

// Measured from the beginning of its answer, minus a moment for the network. A client that has
// acknowledged all bytes waits for us, and counts as fast.
double HttpLobby::SecondsPerMib(const Waiting& waiting, SteadyTime now) const {
  const Visitor& visitor = waiting.visitor;
  const std::chrono::duration<double> took = now - visitor.began - limits_.grace;
  const std::size_t queued = Queued(visitor.fd);
  if (took.count() <= 0 || queued == 0) return 0;
  const std::size_t sent = visitor.unsent.sent();
  if (queued >= sent) return std::numeric_limits<double>::infinity();
  return took.count() / (static_cast<double>(sent - queued) / kMib);
}

void HttpLobby::PollOnce(SteadyTime now) {
  std::vector<pollfd> polled{{wake_fd_, POLLIN, 0}};
  SteadyTime next = now + limits_.idle;
  if (!IsWithinBounds()) next = std::min(next, bounds_due_);
  for (const HttpDoor& door : doors_) {
    const SteadyTime opens_at = std::max(door.opens_at(), doors_open_at_);
    const bool is_open = opens_at <= now;
    polled.push_back({is_open ? door.fd() : -1, POLLIN, 0});
    if (!is_open) next = std::min(next, opens_at);
  }
  for (const Waiting& waiting : waiting_) {
    polled.push_back(
        {waiting.visitor.fd, static_cast<short>(waiting.takes() ? POLLOUT : POLLIN), 0});
    next = std::min(next, waiting.expires_at);
  }
  const auto left = std::chrono::ceil<milliseconds>(next - now).count();
  if (::poll(polled.data(), polled.size(), static_cast<int>(std::max<long>(left, 0))) < 0) {
    if (errno == EINTR) return;
    // Too many for the system's memory, or for a limit that was lowered meanwhile.
    MakeRoom(now);
    std::this_thread::sleep_for(kPollPause);
    return;
  }
  Attend(polled, steady_clock::now());
}

// Handles the result of poll(2): the wake-up, the doors and the waiting connections.
void HttpLobby::Attend(const std::vector<pollfd>& polled, SteadyTime now) {
  auto result = polled.begin();
  if ((result++)->revents != 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(wake_fd_, &count, sizeof count);
  }
  const auto of_waiting = result + static_cast<std::ptrdiff_t>(doors_.size());
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    if (of_waiting[static_cast<std::ptrdiff_t>(i)].revents != 0) Continue(waiting_[i], now);
    if (waiting_[i].open() && waiting_[i].expires_at <= now) Drop(waiting_[i], HttpCut::kDeadline);
  }
  Remove();
  for (HttpDoor& door : doors_)
    if ((result++)->revents != 0) Admit(door, now);
  Remove();
}

void HttpLobby::Continue(Waiting& waiting, SteadyTime now) {
  if (waiting.open() && waiting.takes()) WriteTo(waiting, now);
  if (waiting.open() && !waiting.takes()) ReadFrom(waiting, now);
}

void HttpLobby::WriteTo(Waiting& waiting, SteadyTime now) {
  if (!waiting.visitor.unsent.SendTo(waiting.visitor.fd, kMostSent))
    return Drop(waiting, HttpCut::kClient);
  if (!waiting.takes()) EndAnswer(waiting, now);
}

void HttpLobby::EndAnswer(Waiting& waiting, SteadyTime now) {
  kept_.Remove(waiting.visitor.unsent);
  --takers_;
  calls_.taken(waiting.visitor);
  waiting.visitor.unsent = {};
  waiting.since = now;
  waiting.expires_at = now + limits_.idle;
  if (!waiting.visitor.stays) Drop(waiting, HttpCut::kClient);
}

void HttpLobby::ReadFrom(Waiting& waiting, SteadyTime now) {
  std::string& received = waiting.visitor.received;
  DropEmptyLines(received);
  // Only one complete head at a time is read, even if the client sent several.
  if (received.find("\r\n\r\n") != std::string::npos) return PassOn(waiting);
  std::array<char, 4096> chunk;
  const ssize_t got = ::recv(waiting.visitor.fd, chunk.data(), chunk.size(), MSG_DONTWAIT);
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
    return Drop(waiting, HttpCut::kClient);
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
  calls_.serve(std::move(visitor));
}

void HttpLobby::Drop(Waiting& waiting, HttpCut reason) {
  if (waiting.takes()) {
    kept_.Remove(waiting.visitor.unsent);
    --takers_;
    calls_.cut(waiting.visitor, reason);
    Reset(waiting.visitor.fd);
  }
  ::close(waiting.visitor.fd);
  waiting.visitor = Visitor{};
}

void HttpLobby::Remove() {
  std::erase_if(waiting_, [](const Waiting& waiting) { return !waiting.open(); });
}

}  // namespace exporter
