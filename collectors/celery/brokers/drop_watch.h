#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

#include "exporter/seam/deadline.h"

namespace collectors {

// Whether a broker may have dropped messages from a bounded queue of ours before we read them. The
// broker does not report that. But it drops messages that have waited for as long as the queue
// keeps them, and the oldest messages of a full queue. So nothing is lost between two moments at
// which the queue was empty, if less time than that lies between them, and fewer messages came than
// the queue holds. The broker is asked at intervals how many messages wait (a sounding). Pure.
class DropWatch {
 public:
  using Duration = exporter::SteadyTime::duration;
  struct Bounds {
    Duration longest;  // The queue keeps a message for this long.
    std::size_t most;  // The queue keeps this many.
  };

  explicit DropWatch(Bounds bounds) : bounds_(bounds) {}

  // The queue has just been declared.
  void Begin(exporter::SteadyTime now);
  // A message came.
  void Took() { ++taken_; }

  // Whether to sound the queue now.
  bool IsDue(exporter::SteadyTime now) const;
  void Asked(exporter::SteadyTime now) { asked_ = now; }
  // The answer to a sounding. All messages that the broker sent before it have been counted by
  // Took().
  void Answered(double waiting, exporter::SteadyTime now);

  // Messages sent before this moment are no longer in the queue: they were taken, or TakeLoss()
  // reports them as lost.
  exporter::SteadyTime clear() const { return clear_; }
  // Returns for how long messages may have been dropped since the last call.
  Duration TakeLoss() { return std::exchange(loss_, Duration::zero()); }

 private:
  bool MayHaveDropped(exporter::SteadyTime now) const;

  Bounds bounds_;
  exporter::SteadyTime clear_ = {};
  std::size_t taken_ = 0;  // Since clear_.
  bool lags_ = false;      // The queue has dropped messages and has not been empty since.
  std::optional<exporter::SteadyTime> asked_;
  exporter::SteadyTime answered_ = {};
  bool was_empty_ = true;
  exporter::SteadyTime counted_ = {};  // Losses are counted up to here.
  Duration loss_ = Duration::zero();
};

}  // namespace collectors
