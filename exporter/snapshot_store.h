#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/collector.h"
#include "exporter/deadline.h"
#include "exporter/label_policy.h"
#include "exporter/mutex.h"

namespace exporter {

class Page;
struct Snapshot;
struct HealthSeries;

// How a run ended: the label `result` of exporter_collector_collections_total.
enum class RunResult { kSuccess, kError, kTimeout, kSkipped };
inline constexpr std::size_t kRunResults = 4;
std::string_view Name(RunResult result);

// A run that has not ended this long after its deadline counts as failed. It
// is more than a busy machine needs to wake a thread that was in time.
inline constexpr std::chrono::milliseconds kOverdueGrace{200};

// A moment on both clocks: the steady one for ages, the wall one for what is shown.
struct Moment {
  SteadyTime steady;
  double unix_seconds = 0;
  static Moment Now();
};

// What is known of a collector besides its reading.
struct CollectorHealth {
  std::string name;
  std::string type;
  bool up = false;        // The target answered in the last run.
  bool finished = false;  // One run has ended and its reading is shown, or one is overdue.
  std::size_t failed_parts = 0;
  std::size_t series = 0;        // On the page that was made last.
  double duration_seconds = 0;   // Of the last run.
  double durations_seconds = 0;  // Of all runs together.
  double last_success_unix = 0;  // 0 until there is one.
  std::array<std::uint64_t, kRunResults> collections{};
  std::array<std::uint64_t, kErrorKinds> errors{};
  Dropped dropped;
  std::vector<CollectError> last_errors;  // Of the last run; 20 at most.
  std::shared_ptr<const std::vector<HealthSeries>> health_series;
  std::shared_ptr<const Snapshot> account;  // Collector::Account(); null before the first run.
};

// What the store must know of a collector beforehand.
struct SlotSpec {
  std::string name;
  std::string type;
  std::span<const HealthFamily> health;
  LabelPolicy policy;
  std::chrono::milliseconds stale_after{45000};
};

// Where collectors leave readings and scrapes find them: a slot a collector.
// Safe from any thread. Nothing that a scrape calls waits for a publication's
// rendering, which happens on the publishing thread.
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
  // Takes over what the collector tells of its own work, before its run is told as ended.
  void TakeAccount(std::size_t slot, FamilySet account);
  // Takes the reading of a finished run over, renders it and shows it; or shows
  // nothing any more where the run was skipped. A reading may tell of a failure.
  // Returns what the label policy left out of it.
  Dropped RunEnded(std::size_t slot, const Moment& now, Reading reading);
  // The last reading stays until it is too old, or goes at once.
  enum class LastReading { kStays, kGoes };
  void RunFailed(std::size_t slot, const Moment& now, const CollectError& error,
                 LastReading last = LastReading::kStays);

  // Overdue runs are judged by `now`: such a run counts as failed by timeout,
  // even while its thread is stuck, and stays so when it ends later.
  std::vector<CollectorHealth> Health(SteadyTime now) const;
  // Whether each slot has had a run whose reading is shown, or that failed or is overdue.
  bool Ready(SteadyTime now) const;
  // Every slot's families that have not expired at `now`, without health families
  // and self-metrics.
  std::shared_ptr<const Page> CurrentPage(SteadyTime now);
  // The same of some slots alone, by their names.
  std::shared_ptr<const Page> PageOf(const std::set<std::string>& names, SteadyTime now);

 private:
  struct Slot {
    SlotSpec spec;
    CollectorHealth health;
    std::optional<SteadyTime> running_since;
    SteadyTime run_deadline;
  };

  // Ends the slot's run and counts it; false if it was overdue, which is then counted.
  bool EndRun(Slot& slot, SteadyTime now, RunResult result) REQUIRES(mutex_);
  static void CountTimeout(CollectorHealth& health);
  static bool IsOverdue(const Slot& slot, SteadyTime now);
  static CollectorHealth HealthOf(const Slot& slot, SteadyTime now);
  void RunSkipped(std::size_t slot, const Moment& now);
  // Puts a snapshot (or none) in the slot's place and shows the page made with
  // it. `up` becomes true with it, and not before.
  void Show(std::size_t slot, std::shared_ptr<const Snapshot> snapshot, SteadyTime now, bool up)
      REQUIRES(publication_);

  // Held while a page is made, so that publications follow one another. Always
  // taken before mutex_; scrapes do not take it.
  Mutex publication_;
  mutable Mutex mutex_;
  std::vector<Slot> slots_ GUARDED_BY(mutex_);
  std::set<std::string> reserved_ GUARDED_BY(mutex_);  // Names of health families.
  std::shared_ptr<const Page> page_ GUARDED_BY(mutex_);
};

}  // namespace exporter
