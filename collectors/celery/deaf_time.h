#pragma once

#include <optional>

#include "exporter/seam/deadline.h"

namespace collectors {

// How long workers could not be heard, because the stream of events was down, the broker blocked
// publishers, or both. Time is never counted twice. Pure.
class DeafTime {
 public:
  using Duration = exporter::SteadyTime::duration;

  // Returns what has been added since the last call. `down_seconds`: the total of the stream.
  Duration Count(exporter::SteadyTime now, double down_seconds, bool is_blocked);
  // Whether the stream was down between the last two calls of Count().
  bool was_down() const { return was_down_; }

 private:
  double down_seconds_ = 0;
  bool was_down_ = false;
  std::optional<exporter::SteadyTime> blocked_;  // When publishers were last seen blocked.
  exporter::SteadyTime counted_ = {};            // Time is counted up to here.
};

}  // namespace collectors
