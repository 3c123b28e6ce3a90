#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

#include "exporter/seam/deadline.h"

namespace collectors {

// Whether a broker may have dropped messages from a bounded queue of ours before we read them. It
// does not say so. But it drops what has waited for as long as the queue keeps messages, and the
// oldest of a full queue. So nothing is lost between two moments at which the queue was empty, if
// they are closer together than that time, and if fewer messages came between them than the queue
// holds. The broker is asked now and then how many the queue has (a sounding). Pure.
class DropWatch {
 public:
  using Duration = exporter::SteadyTime::duration;
  struct Bounds {
    Duration longest;  // For so long the queue keeps a message,
    std::size_t most;  // and so many.
  };

  explicit DropWatch(Bounds bounds) : bounds_(bounds) {}

  // The queue has just been declared.
  void Begin(exporter::SteadyTime now);
  // A message came.
  void Took() { ++taken_; }

  // Whether the queue is to be sounded.
  bool IsDue(exporter::SteadyTime now) const;
  void Asked(exporter::SteadyTime now) { asked_ = now; }
  // All that was handed on to us before the answer has come, too.
  void Answered(double waiting, exporter::SteadyTime now);

  // Nothing that was sent before this moment is still in the queue, or was dropped without being
  // reported by TakeLoss().
  exporter::SteadyTime clear() const { return clear_; }
  // For how long messages may have been dropped since this was last asked.
  Duration TakeLoss() { return std::exchange(loss_, Duration::zero()); }

 private:
  bool MayHaveDropped(exporter::SteadyTime now) const;

  Bounds bounds_;
  exporter::SteadyTime clear_ = {};
  std::size_t taken_ = 0;  // Since then.
  bool lags_ = false;      // It dropped messages, and has not been empty since.
  std::optional<exporter::SteadyTime> asked_;
  exporter::SteadyTime answered_ = {};
  bool was_empty_ = true;
  exporter::SteadyTime counted_ = {};  // Until then in a loss.
  Duration loss_ = Duration::zero();
};

}  // namespace collectors
