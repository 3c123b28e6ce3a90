#pragma once

#include <cstddef>
#include <deque>
#include <optional>

namespace collectors {

// How far a worker's clock is ahead of ours, by the stamps of its heartbeats and by when they came.
// The way to us only makes a stamp look older. So the largest lead of the last minute's heartbeats
// is nearest to the truth, and some that come late in a bunch change nothing. One thread at a time.
class WorkerClock {
 public:
  // Both in epoch seconds: `stamp` by the worker's clock, `epoch` by ours when it came.
  void Heard(double stamp, double epoch);

  // Seconds; negative if it is behind. Absent before the first heartbeat.
  std::optional<double> lead() const { return lead_; }
  // Seconds to subtract from the worker's times: 0 if its clock is near ours. It stays the same
  // while the lead changes a little, so that it never reverses the order of two events.
  double shift() const { return shift_; }

 private:
  struct Sample {
    double lead;
    double epoch;
  };

  std::deque<Sample> samples_;
  std::optional<double> lead_;
  double shift_ = 0;
};

}  // namespace collectors
