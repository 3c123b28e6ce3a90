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

// A run that has not ended this long after its deadline counts as failed. Even a busy machine wakes
// a thread within this time.
inline constexpr std::chrono::milliseconds kOverdueGrace{200};

// The collector's settings that the store needs.
struct SlotSpec {
  std::string name;
  std::string type;
  std::span<const HealthFamily> health;
  LabelPolicy policy;
  std::chrono::milliseconds stale_after{45000};
};

// Collectors publish readings here, and scrapes read them; each collector has a slot. Safe from any
// thread. No lock is held while anything is rendered, compressed or merged, so neither a scrape nor
// a publication waits for that. Only the first thread that asks for a new form makes it.
class SnapshotStore {
 public:
  SnapshotStore();
  ~SnapshotStore();
  SnapshotStore(const SnapshotStore&) = delete;
  SnapshotStore& operator=(const SnapshotStore&) = delete;

  // Adds a slot. Slots are in the order of the configuration: if two collectors export the same
  // series, the first one keeps it. Not after the first RunStarted.
  std::size_t AddSlot(SlotSpec spec);

  void RunStarted(std::size_t slot, SteadyTime now, SteadyTime run_deadline);
  // Takes over the collector's account before its run has ended.
  void TakeAccount(std::size_t slot, FamilySet account);
  // Publishes the reading of a finished run; if the run was skipped, withdraws what was published.
  // A reading may carry a failure. Health and page change in one step, or not at all if it throws.
  // Forms in use are made before it returns. Returns what the label policy left out.
  LeftOut RunEnded(std::size_t slot, const Moment& now, Reading reading);
  // Whether the last reading stays until it is too old, or is withdrawn at once.
  enum class LastReading { kStays, kGoes };
  void RunFailed(std::size_t slot, const Moment& now, const CollectError& error,
                 LastReading last = LastReading::kStays);

  // Overdue runs are judged by `now`: such a run counts as failed by timeout even while its thread
  // is stuck, and still does after it ends later.
  std::vector<CollectorHealth> Health(SteadyTime now);
  // Whether each slot has had a run that was published, failed or is overdue.
  bool Ready(SteadyTime now);
  // The families that have not expired at `now`, without health families and self-metrics: all, or
  // those of the query. A query costs as much as the whole page while no more than kMostViews
  // queries are in use.
  std::shared_ptr<const Page> CurrentPage(SteadyTime now) { return PageOf({}, now); }
  std::shared_ptr<const Page> PageOf(const PageQuery& query, SteadyTime now);
  // The query without names that no collector has, so that invented names make no new pages. Names
  // at the page's end, such as `exporter_`, belong to no collector.
  PageQuery Known(PageQuery query);
  // From now on, each publication prepares the form, until five minutes after the last request for
  // it. Not for a query that is not kept.
  void NoteForm(const PageQuery& query, Form form, SteadyTime now);

  static constexpr std::size_t kMostViews = 16;

 private:
  struct Slot {
    SlotSpec spec;
    CollectorHealth health;
    std::optional<SteadyTime> running_since;
    SteadyTime run_deadline;
    std::optional<SteadyTime> told_overdue;  // When a caller last learned that this run is overdue.
    SlotFamilies families;                   // Published now.
    std::uint64_t publication = 0;
    std::uint64_t counted = 0;  // The publication whose duplicates are counted.
  };
  // The chunks to be made, in the forms that are in use.
  struct Preparation {
    PageIndex::Chunks chunks;
    std::set<std::size_t> forms;  // By their index.
  };

  // Ends the slot's run and counts it. Returns false if the run was overdue; then it is counted
  // already.
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
  // The first view has everything and is always up to date. The others are updated when they are
  // asked for, with its chunks if they are the same.
  std::vector<std::shared_ptr<PageView>> views_ GUARDED_BY(mutex_);
  bool are_views_whole_ GUARDED_BY(mutex_) = true;
};

}  // namespace exporter
