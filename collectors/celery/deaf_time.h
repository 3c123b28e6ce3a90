#pragma once

#include <optional>

#include "exporter/seam/deadline.h"

namespace collectors {

// How long workers could not be heard: the stream of events was down, or the broker let nobody
// publish, or both. No time counts twice. Pure.
class DeafTime {
 public:
  using Duration = exporter::SteadyTime::duration;

  // What has been added up to now since the last call. `down_seconds`: of the stream, in all.
  Duration Count(exporter::SteadyTime now, double down_seconds, bool is_blocked);
  // Whether the stream was down since the call before the last one.
  bool was_down() const { return was_down_; }

 private:
  double down_seconds_ = 0;
  bool was_down_ = false;
  std::optional<exporter::SteadyTime> blocked_;  // When it was last seen that nobody may publish.
  exporter::SteadyTime counted_ = {};            // Until then.
};

}  // namespace collectors
