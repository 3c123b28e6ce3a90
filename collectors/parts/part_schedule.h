#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "collectors/parts/part_turn.h"
#include "collectors/parts/sql_part.h"
#include "collectors/series/db_time.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// Moves an index to the end of an order: a part that was too slow runs last next time.
void MoveToBack(std::vector<std::size_t>& order, std::size_t index);

// Runs the parts of a collector. A part that is not due shows its last results. The first part that
// times out in a run goes last in the next run, so that a slow statement does not starve the others
// for long. A part that DbTime does not allow in one run comes first once it does, but after the
// cheap parts, so that an expensive part does not delay them. A part that has waited for more than
// a round goes first, because the cheap parts together may cost more than an interval pays for.
// Each part is asked once at any cost, so that everything is there from the start. A retry asks the
// parts that were not asked, or had a passing failure, in the run before.
class PartSchedule {
 public:
  PartSchedule(std::vector<std::unique_ptr<SqlPart>> parts, std::chrono::milliseconds interval,
               std::shared_ptr<DbTime> db_time);

  // Marks the parts that are due in the run. They stay owed for its retries, even if the run fails
  // before Collect().
  void NoteDue(const SqlRun& run);
  // Runs the parts that are due, as far as DbTime allows. DbTime::BeginRun must have been
  // called for the run. Throws if the target did not answer at all.
  exporter::Reading Collect(const SqlRun& run);
  std::vector<exporter::SeriesId> Claims() const;
  void Account(exporter::FamilySet& families, exporter::SteadyTime until) const;

 private:
  struct Entry {
    std::unique_ptr<SqlPart> part;
    PartTurn turn = {};
    bool was_asked = false;
    bool in_this_run = false;                // Its turn came.
    std::chrono::duration<double> cost{0};   // The database's time when it was last asked.
    std::chrono::duration<double> begun{0};  // The same for a postponed part, so far.
  };

  // A lower rank runs first.
  enum class Rank { kOverdue, kCheap, kDear };

  // Returns the result; kTimedOut also if there was no time to ask.
  PartResult RefreshOne(const SqlRun& run, Entry& entry);

  void Refresh(const SqlRun& run);
  // Asks the parts that are due, as far as DbTime allows.
  void AskInOrder(const SqlRun& run);
  Rank RankOf(const Entry& entry, exporter::SteadyTime now) const;

  std::vector<Entry> entries_;          // In the order of the configuration.
  std::vector<std::size_t> order_;      // The order in which they run.
  std::chrono::milliseconds interval_;  // The collector's.
  std::shared_ptr<DbTime> db_time_;
};

}  // namespace collectors
