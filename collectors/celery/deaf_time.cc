#include "collectors/celery/deaf_time.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace collectors {

using exporter::SteadyTime;

DeafTime::Duration DeafTime::Count(SteadyTime now, double down_seconds, bool is_blocked) {
  const double down = down_seconds - std::exchange(down_seconds_, down_seconds);
  was_down_ = down > 0;
  SteadyTime since = now;
  if (was_down_) since -= std::chrono::duration_cast<Duration>(std::chrono::duration<double>(down));
  if (is_blocked) since = std::min(since, blocked_.value_or(now));
  blocked_ = is_blocked ? std::optional(now) : std::nullopt;
  since = std::max(since, counted_);
  if (since < now) counted_ = now;
  return now - since;
}

}  // namespace collectors
