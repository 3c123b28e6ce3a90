#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/labels/label_policy.h"
#include "exporter/page/collector_health.h"
#include "exporter/page/page_view.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/deadline.h"
#include "exporter/seam/moment.h"
#include "exporter/seam/mutex.h"

namespace exporter {

// A run that has not ended this long after its deadline counts as failed. It
// is more than a busy machine needs to wake a thread that was in time.
inline constexpr std::chrono::milliseconds kOverdueGrace{200};

// What the store must know of a collector beforehand.
struct SlotSpec {
  std::string name;
  std::string type;
  std::span<const HealthFamily> health;
  LabelPolicy policy;
  std::chrono::milliseconds stale_after{45000};
};

// Where collectors leave readings and scrapes find them: a slot a collector.
// Safe from any thread. No lock is held while anything is rendered, packed or
// merged, so that neither a scrape nor a publication waits for it; but who asks
// for a form that nobody has made yet makes it.
class SnapshotStore {
 public:
  SnapshotStore();
  ~SnapshotStore();
  SnapshotStore(const SnapshotStore&) = delete;
  SnapshotStore& operator=(const SnapshotStore&) = delete;

  // Adds a slot. Slots are in configuration order: the first of two collectors
  // that export the same series keeps it. Not after the first RunStarted.
  std::size_t AddSlot(SlotSpec spec);

  void RunStarted(std::size_t slot, SteadyTime now, SteadyTime run_deadline);
  // Takes over what the collector reports of its own work, before its run has ended.
  void TakeAccount(std::size_t slot, FamilySet account);
  // Takes over the reading of a finished run and shows it; or shows nothing any
  // more if the run was skipped. A reading may carry a failure. The health and
  // the page change in one step, and not at all if it throws. Forms that are in
  // use are made before it returns. Returns what the label policy left out.
  LeftOut RunEnded(std::size_t slot, const Moment& now, Reading reading);
  // The last reading stays until it is too old, or goes at once.
  enum class LastReading { kStays, kGoes };
  void RunFailed(std::size_t slot, const Moment& now, const CollectError& error,
                 LastReading last = LastReading::kStays);

  // Overdue runs are judged by `now`: such a run counts as failed by timeout,
  // even while its thread is stuck, and stays so when it ends later.
  std::vector<CollectorHealth> Health(SteadyTime now);
  // Whether each slot has had a run whose reading is shown, or that failed or is overdue.
  bool Ready(SteadyTime now);
  // The families that have not expired at `now`, without health families and
  // self-metrics: all of them, or what the query wants. A query is served at the
  // cost of the whole page while no more than kMostViews are in use.
  std::shared_ptr<const Page> CurrentPage(SteadyTime now) { return PageOf({}, now); }
  std::shared_ptr<const Page> PageOf(const PageQuery& query, SteadyTime now);
  // The same query without the names that no collector has: so that inventing names makes no new
  // pages. `exporter_` and the like, which follow the page, are none of a collector.
  PageQuery Known(PageQuery query);
  // From now the form is prepared at each publication, until nobody has asked
  // for five minutes. Of a query that is not kept it is not.
  void NoteForm(const PageQuery& query, Form form, SteadyTime now);

  static constexpr std::size_t kMostViews = 16;

 private:
  struct Slot {
    SlotSpec spec;
    CollectorHealth health;
    std::optional<SteadyTime> running_since;
    SteadyTime run_deadline;
    std::optional<SteadyTime> told_overdue;  // When somebody was last told that this run is.
    SlotFamilies families;                   // Shown now.
    std::uint64_t publication = 0;
    std::uint64_t counted = 0;  // The publication whose duplicates have been counted.
  };
  // What is to be made in forms that are in use.
  struct Preparation {
    PageIndex::Chunks chunks;
    std::set<std::size_t> forms;  // By their index.
  };

  // Ends the slot's run and counts it; false if it was overdue, which is then counted.
  static bool EndRun(Slot& slot, SteadyTime now, RunResult result);
  static void CountTimeout(CollectorHealth& health);
  static bool IsOverdue(Slot& slot, SteadyTime now);
  static CollectorHealth HealthOf(Slot& slot, SteadyTime now);
  void RunSkipped(std::size_t slot, const Moment& now);
  void Publish(std::size_t slot, const Moment& now, const Reading& reading, SlotFamilies families,
               const LeftOut& left_out, Preparation& to_prepare) REQUIRES(mutex_);
  Preparation Show(std::size_t slot, SlotFamilies families, SteadyTime now) REQUIRES(mutex_);
  static void Prepare(const Preparation& preparation);
  std::shared_ptr<PageView> FindView(const PageQuery& query, SteadyTime now) REQUIRES(mutex_);
  std::shared_ptr<PageView> MakeView(const PageQuery& query) REQUIRES(mutex_);
  void MendViews() REQUIRES(mutex_);
  void DropIdleViews(SteadyTime now) REQUIRES(mutex_);
  void CountDuplicates(const Page& page, const std::vector<std::uint64_t>& publications)
      REQUIRES(mutex_);

  std::atomic<bool> is_ready_ = false;
  Mutex mutex_;
  std::vector<Slot> slots_ GUARDED_BY(mutex_);
  std::set<std::string> reserved_ GUARDED_BY(mutex_);  // Names of health families.
  // The first is everything's, which stays and is always up to date; the others are
  // brought up to date when they are asked for, from its chunks as far as they are the same.
  std::vector<std::shared_ptr<PageView>> views_ GUARDED_BY(mutex_);
  bool are_views_whole_ GUARDED_BY(mutex_) = true;
};

}  // namespace exporter
