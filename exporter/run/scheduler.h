#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "exporter/config/job.h"
#include "exporter/page/snapshot_store.h"
#include "exporter/seam/watchdog.h"

namespace exporter {

// The first time after `now` on the grid of `interval` through `origin`. A run that took too long
// skips the times that it missed; runs never queue up.
SteadyTime NextRun(SteadyTime origin, std::chrono::milliseconds interval, SteadyTime now);

// The offset of a collector's grid within its interval, so that collectors with the same interval
// do not all wake at once. It depends on the name alone, so it is the same in every process.
std::chrono::milliseconds GridOffset(std::string_view name, std::chrono::milliseconds interval);

// The delay of the retry after a run that met a passing failure. It doubles each time, up to an
// hour, until a run meets no such failure. A run of the grid may come first.
class RetryDelay {
 public:
  explicit RetryDelay(std::chrono::milliseconds first) : first_(first) {}
  std::chrono::milliseconds Next();
  void Reset() { last_ = {}; }

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds last_{0};
};

// Runs each collector on its own thread and interval, so that a slow or hung backend delays no
// other collector. Each runs immediately at the start, then on its grid, and in between after a
// passing failure. Start and Stop are called by the same thread.
class Scheduler {
 public:
  // The jobs get slots in `store` in their order.
  Scheduler(std::vector<Job> jobs, SnapshotStore& store, Watchdog& watchdog,
            std::chrono::milliseconds first_retry = std::chrono::seconds(5));
  ~Scheduler();  // Stops and waits for every thread, however long it takes.
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  void Start();
  // Runs all collectors once, in parallel. Returns once all have ended or are overdue.
  void RunAllOnce();
  // Asks every run to end. Returns false if one does not end within `patience`: its thread is stuck
  // where it cannot be interrupted, for example in getaddrinfo.
  bool Stop(std::chrono::milliseconds patience);

 private:
  class Worker;
  std::vector<std::unique_ptr<Worker>> workers_;
  Watchdog& watchdog_;
};

}  // namespace exporter
