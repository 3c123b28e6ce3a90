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

// The first time after `now` on the grid of `interval` that passes through
// `origin`. A run that took too long skips the times it missed; runs never
// queue up.
SteadyTime NextRun(SteadyTime origin, std::chrono::milliseconds interval, SteadyTime now);

// Where in its interval a collector's grid lies, so that collectors of one
// interval do not all wake at once: the same for a name in every process.
std::chrono::milliseconds GridOffset(std::string_view name, std::chrono::milliseconds interval);

// How long after a run that met a failure that passes the next one is made, if the grid
// has none before: twice as long each time, an hour at most, until a run meets none.
class RetryDelay {
 public:
  explicit RetryDelay(std::chrono::milliseconds first) : first_(first) {}
  std::chrono::milliseconds Next();
  void Reset() { last_ = {}; }

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds last_{0};
};

// Runs each collector on its own thread and its own interval, so that a slow
// or hung backend delays nobody else. Each runs at once at the start, then on
// its grid, and between if a failure was one that passes. Start and Stop are called
// from one thread.
class Scheduler {
 public:
  // `jobs` gives every collector and its slot in `store`, in this order.
  Scheduler(std::vector<Job> jobs, SnapshotStore& store, Watchdog& watchdog,
            std::chrono::milliseconds first_retry = std::chrono::seconds(5));
  ~Scheduler();  // Stops, and waits for every thread however long it takes.
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  void Start();
  // Runs each collector once, side by side, and returns when all have ended or
  // are overdue.
  void RunAllOnce();
  // Asks every run to end; false if one has not within `patience`. A thread
  // stuck outside our reach, as in getaddrinfo, is why.
  bool Stop(std::chrono::milliseconds patience);

 private:
  class Worker;
  std::vector<std::unique_ptr<Worker>> workers_;
  Watchdog& watchdog_;
};

}  // namespace exporter
