#include "collectors/parts/part_turn.h"

#include <algorithm>

namespace collectors {

using std::chrono::milliseconds;

namespace {

// An unlucky part waits for 1, 2, 4 runs and so on, at most its interval.
constexpr unsigned kMostDoublings = 16;

}  // namespace

void PartTurn::Take(PartResult result, exporter::SteadyTime now,
                    std::optional<milliseconds> interval, milliseconds grid) {
  is_owed_ = result == PartResult::kUnlucky;
  misfortunes_ = is_owed_ ? misfortunes_ + 1 : 0;
  next_due_ = now + PauseOf(result, interval, grid);
}

// A failed part is asked again in the next run. One that timed out waits for its interval.
milliseconds PartTurn::PauseOf(PartResult result, std::optional<milliseconds> interval,
                               milliseconds grid) const {
  if (!interval || result == PartResult::kFailed) return milliseconds(0);
  if (result != PartResult::kUnlucky) return *interval;
  const unsigned doublings = std::min(misfortunes_ - 1, kMostDoublings);
  return std::min(*interval, grid * (1U << doublings));
}

}  // namespace collectors
