#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace exporter {

// Counts, and lets threads wait for a count.
class Tally {
 public:
  void Add() {
    const std::scoped_lock lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  int count() {
    const std::scoped_lock lock(mutex_);
    return count_;
  }
  bool Reaches(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20),
                             [this, count] { return count_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

}  // namespace exporter
