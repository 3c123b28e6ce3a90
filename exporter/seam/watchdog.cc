#include "exporter/seam/watchdog.h"

#include <sys/socket.h>

namespace exporter {

Watchdog::Watchdog() : thread_([this](const std::stop_token& stop) { Run(stop); }) {}

Watchdog::~Watchdog() = default;

Watchdog::Guard Watchdog::Watch(int fd, Deadline deadline) {
  MutexLock lock(mutex_);
  const std::uint64_t id = next_id_++;
  entries_.emplace(id, Entry{fd, expire_all_ ? SteadyTime::min() : deadline.when()});
  ++generation_;
  changed_.notify_one();
  return Guard(*this, id);
}

void Watchdog::Release(std::uint64_t id) {
  MutexLock lock(mutex_);
  entries_.erase(id);
}

void Watchdog::ExpireAll() {
  MutexLock lock(mutex_);
  expire_all_ = true;
  for (auto& [id, entry] : entries_) entry.when = SteadyTime::min();
  ++generation_;
  changed_.notify_one();
}

bool Watchdog::expired() const {
  MutexLock lock(mutex_);
  return expire_all_;
}

SteadyTime Watchdog::ShutDownExpired(SteadyTime now) {
  SteadyTime next = now + std::chrono::hours(1);
  for (auto& [id, entry] : entries_) {
    if (entry.fd < 0) continue;
    if (entry.when <= now) {
      ::shutdown(entry.fd, SHUT_RDWR);
      entry.fd = -1;  // Shut down once only.
    } else {
      next = std::min(next, entry.when);
    }
  }
  return next;
}

void Watchdog::Run(const std::stop_token& stop) {
  MutexLock lock(mutex_);
  while (!stop.stop_requested()) {
    const std::uint64_t seen = generation_;
    const SteadyTime next = ShutDownExpired(std::chrono::steady_clock::now());
    changed_.wait_until(mutex_, stop, next,
                        [this, seen]() REQUIRES(mutex_) { return generation_ != seen; });
  }
}

}  // namespace exporter
