#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <thread>

#include "exporter/seam/deadline.h"
#include "exporter/seam/mutex.h"

namespace exporter {

// Ends blocking socket calls at their deadline: it shuts the socket down. One thread serves all
// collectors. Safe from any thread.
class Watchdog {
 public:
  // Watches one socket. Must be destroyed before the socket is closed; otherwise a reused
  // descriptor could be shut down by mistake.
  class Guard {
   public:
    ~Guard() { watchdog_.Release(id_); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    friend class Watchdog;
    Guard(Watchdog& watchdog, std::uint64_t id) : watchdog_(watchdog), id_(id) {}
    Watchdog& watchdog_;
    std::uint64_t id_;
  };

  Watchdog();
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  [[nodiscard]] Guard Watch(int fd, Deadline deadline);

  // Shuts down every watched socket now, and sockets that are watched later at once. For the end of
  // the program.
  void ExpireAll();
  // Whether ExpireAll was called. Code that waits for something other than a socket must check it.
  bool expired() const;

 private:
  struct Entry {
    int fd;
    SteadyTime when;
  };

  void Release(std::uint64_t id);
  void Run(const std::stop_token& stop);
  // Shuts down what is due; returns when to look again.
  SteadyTime ShutDownExpired(SteadyTime now) REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::uint64_t, Entry> entries_ GUARDED_BY(mutex_);
  std::uint64_t next_id_ GUARDED_BY(mutex_) = 0;
  std::uint64_t generation_ GUARDED_BY(mutex_) = 0;
  bool expire_all_ GUARDED_BY(mutex_) = false;
  std::jthread thread_;  // Last: starts when everything above exists.
};

}  // namespace exporter
