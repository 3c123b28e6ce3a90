#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/collector.h"
#include "exporter/deadline.h"
#include "exporter/label_policy.h"
#include "exporter/mutex.h"

namespace exporter {

class Page;

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
  bool finished = false;  // One run has ended, or is overdue.
  std::size_t failed_parts = 0;
  std::size_t series = 0;  // Shown now.
  double duration_seconds = 0;
  double last_success_unix = 0;  // 0 until there is one.
  std::array<std::uint64_t, kRunResults> collections{};
  std::array<std::uint64_t, kErrorKinds> errors{};
  Dropped dropped;
};

// What the store must know of a collector beforehand.
struct SlotSpec {
  std::string name;
  std::string type;
  UpFamily up;
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
  // Takes the reading of a finished run over, renders it and shows it.
  void RunSucceeded(std::size_t slot, const Moment& now, Reading reading);
  void RunFailed(std::size_t slot, const Moment& now, ErrorKind kind);
  void RunSkipped(std::size_t slot, const Moment& now);

  // Overdue runs are judged by `now`: such a run counts as failed by timeout,
  // even while its thread is stuck, and stays so when it ends later.
  std::vector<CollectorHealth> Health(SteadyTime now) const;
  // Whether each slot has had a run that ended or is overdue.
  bool Ready(SteadyTime now) const;
  // Every slot's families that have not expired at `now`, without up-families
  // and self-metrics.
  std::shared_ptr<const Page> CurrentPage(SteadyTime now);
};

}  // namespace exporter
