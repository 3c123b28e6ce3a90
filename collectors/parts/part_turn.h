#pragma once

#include <chrono>
#include <optional>

#include "collectors/parts/sql_part.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// Decides when a part is asked again, by how it ended. `grid` is the time between its runs.
class PartTurn {
 public:
  // Call when a run of the grid begins. A part that is due stays owed until it had its turn, also
  // in retries. Runs are never exactly one grid apart, so the nearest run counts.
  void NoteDue(exporter::SteadyTime now, std::chrono::milliseconds grid) {
    is_owed_ = next_due_ <= now + grid / 2;
  }
  // Records the part's result in the run of `now`, which must not be kPostponed. `interval` is the
  // part's own, if it has one.
  void Take(PartResult result, exporter::SteadyTime now,
            std::optional<std::chrono::milliseconds> interval, std::chrono::milliseconds grid);

  bool is_owed() const { return is_owed_; }
  // Whether the part had a passing failure when it was last asked.
  bool is_unlucky() const { return misfortunes_ > 0; }
  exporter::SteadyTime next_due() const { return next_due_; }

 private:
  std::chrono::milliseconds PauseOf(PartResult result,
                                    std::optional<std::chrono::milliseconds> interval,
                                    std::chrono::milliseconds grid) const;

  exporter::SteadyTime next_due_ = exporter::SteadyTime::min();
  bool is_owed_ = false;
  unsigned misfortunes_ = 0;  // In a row.
};

}  // namespace collectors
