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

// Moves an index to the end of an order: what was too slow runs last next time.
void MoveToBack(std::vector<std::size_t>& order, std::size_t index);

// The parts of a collector. A part that is not due shows what it found last;
// the first that times out in a run goes last in the next one, so that a slow
// statement starves nobody for long. What DbTime does not afford in a run comes
// first when it does, after what is cheap: a dear part keeps no cheap one waiting.
// What has waited for more than a round goes first all the same, as the cheap ones
// may together cost more than an interval pays for. Each part is asked once
// whatever it costs, so that all is there from the start. A retry asks what was not
// asked or was unlucky in the run before.
class PartSchedule {
 public:
  PartSchedule(std::vector<std::unique_ptr<SqlPart>> parts, std::chrono::milliseconds interval,
               std::shared_ptr<DbTime> db_time);

  // What is due in the run stays owed for its retries, also if the run fails before Collect().
  void NoteDue(const SqlRun& run);
  // Runs what is due and DbTime affords in the run that it was told of. Throws
  // where the target did not answer at all.
  exporter::Reading Collect(const SqlRun& run);
  std::vector<exporter::SeriesId> Claims() const;
  void Account(exporter::FamilySet& families, exporter::SteadyTime until) const;

 private:
  struct Entry {
    std::unique_ptr<SqlPart> part;
    PartTurn turn = {};
    bool was_asked = false;
    bool in_this_run = false;                // Its turn came.
    std::chrono::duration<double> cost{0};   // Of the database's time, when it last asked.
    std::chrono::duration<double> begun{0};  // Of what is postponed, so far.
  };

  // The lower one runs first.
  enum class Rank { kOverdue, kCheap, kDear };

  // Returns the result, kTimedOut too where there was no time to ask.
  PartResult RefreshOne(const SqlRun& run, Entry& entry);

  void Refresh(const SqlRun& run);
  // Asks what is due as far as DbTime affords it.
  void AskInOrder(const SqlRun& run);
  Rank RankOf(const Entry& entry, exporter::SteadyTime now) const;

  std::vector<Entry> entries_;          // In the order of the configuration.
  std::vector<std::size_t> order_;      // In which they run.
  std::chrono::milliseconds interval_;  // Of the collector.
  std::shared_ptr<DbTime> db_time_;
};

}  // namespace collectors
