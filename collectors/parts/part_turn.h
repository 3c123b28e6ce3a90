#pragma once

#include <chrono>
#include <optional>

#include "collectors/parts/sql_part.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// When a part is asked again, by how it ended. `grid` is how far apart its runs are.
class PartTurn {
 public:
  // A run of the grid begins: what is due stays owed until it had its turn, for retries too.
  // Runs are never exactly a grid apart, so the nearest one counts.
  void NoteDue(exporter::SteadyTime now, std::chrono::milliseconds grid) {
    is_owed_ = next_due_ <= now + grid / 2;
  }
  // It ended in the run of `now`, and not as kPostponed. `interval` is its own, if it has one.
  void Take(PartResult result, exporter::SteadyTime now,
            std::optional<std::chrono::milliseconds> interval, std::chrono::milliseconds grid);

  bool is_owed() const { return is_owed_; }
  // Whether it met a failure that passes when it was last asked.
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
