#include "exporter/snapshot_store.h"

#include <algorithm>
#include <array>
#include <utility>

#include "exporter/health_series.h"
#include "exporter/page.h"

namespace exporter {
namespace {

using std::chrono::duration;

constexpr std::size_t kMostLastErrors = 20;

std::vector<CollectError> FirstOf(std::vector<CollectError> errors) {
  if (errors.size() > kMostLastErrors) errors.erase(errors.begin() + kMostLastErrors, errors.end());
  return errors;
}

template <typename Counters, typename Kind>
std::uint64_t& At(Counters& counters, Kind kind) {
  return counters[static_cast<std::size_t>(kind)];
}

void Add(Dropped& total, const Dropped& more) {
  total.duplicate += more.duplicate;
  total.limit += more.limit;
  total.invalid += more.invalid;
}

RunResult ResultOf(const std::optional<CollectError>& failure) {
  if (!failure) return RunResult::kSuccess;
  return failure->kind() == ErrorKind::kTimeout ? RunResult::kTimeout : RunResult::kError;
}

void CountProblems(const Reading& reading, CollectorHealth& health) {
  for (const CollectError& problem : reading.problems) ++At(health.errors, problem.kind());
  std::vector<CollectError> failed = AllProblems(reading);
  health.failed_parts = failed.size();
  if (reading.failure) {
    ++At(health.errors, reading.failure->kind());
    failed.insert(failed.begin(), *reading.failure);
  }
  health.last_errors = FirstOf(std::move(failed));
}

}  // namespace

std::string_view Name(RunResult result) {
  static constexpr std::array<std::string_view, kRunResults> kNames = {"success", "error",
                                                                       "timeout", "skipped"};
  return kNames.at(static_cast<std::size_t>(result));
}

Moment Moment::Now() {
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::steady_clock::now(), duration<double>(wall).count()};
}

SnapshotStore::SnapshotStore()
    : page_(std::make_shared<const Page>(std::vector<std::shared_ptr<const Snapshot>>{},
                                         SteadyTime{}, std::set<std::string>{}, nullptr)) {}

SnapshotStore::~SnapshotStore() = default;

std::size_t SnapshotStore::AddSlot(SlotSpec spec) {
  std::vector<HealthSeries> series = MakeHealthSeries(spec.health, spec.policy);
  MutexLock lock(mutex_);
  for (const HealthSeries& family : series) reserved_.insert(family.name);
  Slot& slot = slots_.emplace_back();
  slot.health.name = spec.name;
  slot.health.type = spec.type;
  slot.health.health_series = std::make_shared<const std::vector<HealthSeries>>(std::move(series));
  slot.spec = std::move(spec);
  page_ = std::make_shared<const Page>(std::vector<std::shared_ptr<const Snapshot>>(slots_.size()),
                                       SteadyTime{}, reserved_, nullptr);
  return slots_.size() - 1;
}

void SnapshotStore::RunStarted(std::size_t slot, SteadyTime now, SteadyTime run_deadline) {
  MutexLock lock(mutex_);
  slots_[slot].running_since = now;
  slots_[slot].run_deadline = run_deadline;
}

bool SnapshotStore::IsOverdue(const Slot& slot, SteadyTime now) {
  return slot.running_since && now > slot.run_deadline + kOverdueGrace;
}

void SnapshotStore::CountTimeout(CollectorHealth& health) {
  health.up = false;
  health.finished = true;
  health.failed_parts = 0;
  ++At(health.collections, RunResult::kTimeout);
  ++At(health.errors, ErrorKind::kTimeout);
}

bool SnapshotStore::EndRun(Slot& slot, SteadyTime now, RunResult result) {
  CollectorHealth& health = slot.health;
  const bool overdue = IsOverdue(slot, now);
  const bool was_up = health.up;
  const SteadyTime since = slot.running_since.value_or(now);
  slot.running_since.reset();
  health.duration_seconds = duration<double>(now - since).count();
  health.durations_seconds += health.duration_seconds;
  if (overdue) {
    CountTimeout(health);
    health.last_errors = {CollectError(ErrorKind::kTimeout, "ended after its deadline")};
    return false;
  }
  const bool is_good = result == RunResult::kSuccess || result == RunResult::kSkipped;
  health.up = is_good && was_up;  // Show() makes it true.
  health.failed_parts = 0;
  health.last_errors.clear();
  ++At(health.collections, result);
  return true;
}

void SnapshotStore::TakeAccount(std::size_t slot, FamilySet account) {
  std::string name;
  {
    MutexLock lock(mutex_);
    name = slots_[slot].spec.name;
  }
  FamilySet named;
  named.Absorb(std::move(account), {{"collector", name}});
  auto snapshot =
      std::make_shared<const Snapshot>(RenderSnapshot(std::move(named).Take(), SteadyTime::max()));
  MutexLock lock(mutex_);
  slots_[slot].health.account = std::move(snapshot);
}

Dropped SnapshotStore::RunEnded(std::size_t slot, const Moment& now, Reading reading) {
  if (reading.skipped) {
    RunSkipped(slot, now);
    return {};
  }
  LabelPolicy policy;
  std::chrono::milliseconds stale_after{};
  {
    MutexLock lock(mutex_);
    if (!EndRun(slots_[slot], now.steady, ResultOf(reading.failure))) return {};
    CollectorHealth& health = slots_[slot].health;
    if (!reading.failure) health.last_success_unix = now.unix_seconds;
    CountProblems(reading, health);
    health.dropped.limit += reading.cut_series;
    policy = slots_[slot].spec.policy;
    stale_after = slots_[slot].spec.stale_after;
  }
  LabelPolicy::Result result = policy.Apply(std::move(reading.families).Take());
  const SteadyTime latest = reading.shown_until.value_or(SteadyTime::max());
  for (TimedFamily& timed : result.families) {
    if (timed.expires_at) timed.expires_at = std::min(*timed.expires_at, latest);
  }
  auto snapshot = std::make_shared<const Snapshot>(
      RenderSnapshot(std::move(result.families), std::min(now.steady + stale_after, latest)));
  {
    MutexLock lock(mutex_);
    Add(slots_[slot].health.dropped, result.dropped);
  }
  MutexLock publishing(publication_);
  Show(slot, std::move(snapshot), now.steady, /*up=*/!reading.failure);
  return result.dropped;
}

void SnapshotStore::Show(std::size_t slot, std::shared_ptr<const Snapshot> snapshot, SteadyTime now,
                         bool up) {
  std::shared_ptr<const Page> previous;
  std::set<std::string> reserved;
  {
    MutexLock lock(mutex_);
    previous = page_;
    reserved = reserved_;
  }
  auto snapshots = previous->snapshots();
  snapshots[slot] = std::move(snapshot);
  auto page = std::make_shared<const Page>(std::move(snapshots), now, reserved, previous.get());
  MutexLock lock(mutex_);
  slots_[slot].health.dropped.duplicate += page->duplicates()[slot];
  // Neither before its reading can be seen.
  slots_[slot].health.up = up;
  slots_[slot].health.finished = true;
  page_ = std::move(page);
}

void SnapshotStore::RunFailed(std::size_t slot, const Moment& now, const CollectError& error,
                              LastReading last) {
  {
    MutexLock lock(mutex_);
    if (EndRun(slots_[slot], now.steady, ResultOf(error))) {
      ++At(slots_[slot].health.errors, error.kind());
      slots_[slot].health.last_errors = {error};
    }
    if (last == LastReading::kStays) slots_[slot].health.finished = true;
  }
  if (last == LastReading::kStays) return;
  MutexLock publishing(publication_);
  Show(slot, nullptr, now.steady, /*up=*/false);
}

void SnapshotStore::RunSkipped(std::size_t slot, const Moment& now) {
  {
    MutexLock lock(mutex_);
    if (!EndRun(slots_[slot], now.steady, RunResult::kSkipped)) return;
  }
  MutexLock publishing(publication_);
  Show(slot, nullptr, now.steady, /*up=*/true);
}

CollectorHealth SnapshotStore::HealthOf(const Slot& slot, SteadyTime now) {
  CollectorHealth health = slot.health;
  if (IsOverdue(slot, now)) {
    CountTimeout(health);
    health.duration_seconds = duration<double>(now - *slot.running_since).count();
    health.durations_seconds += health.duration_seconds;
    health.last_errors = {CollectError(ErrorKind::kTimeout, "still running after its deadline")};
  }
  return health;
}

std::vector<CollectorHealth> SnapshotStore::Health(SteadyTime now) const {
  std::vector<CollectorHealth> healths;
  MutexLock lock(mutex_);
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    healths.push_back(HealthOf(slots_[i], now));
    healths.back().series = page_->series()[i];
  }
  return healths;
}

bool SnapshotStore::Ready(SteadyTime now) const {
  MutexLock lock(mutex_);
  return std::all_of(slots_.begin(), slots_.end(), [now](const Slot& slot) {
    return slot.health.finished || IsOverdue(slot, now);
  });
}

std::shared_ptr<const Page> SnapshotStore::CurrentPage(SteadyTime now) {
  std::shared_ptr<const Page> page;
  std::set<std::string> reserved;
  {
    MutexLock lock(mutex_);
    if (now < page_->valid_until()) return page_;
    page = page_;
    reserved = reserved_;
  }
  auto fresh = std::make_shared<const Page>(page->snapshots(), now, reserved, page.get());
  MutexLock lock(mutex_);
  // A publication in between has made a newer one of its own.
  if (page_ == page) page_ = std::move(fresh);
  return page_;
}

std::shared_ptr<const Page> SnapshotStore::PageOf(const std::set<std::string>& names,
                                                  SteadyTime now) {
  std::vector<std::shared_ptr<const Snapshot>> snapshots;
  std::set<std::string> reserved;
  {
    MutexLock lock(mutex_);
    snapshots = page_->snapshots();
    reserved = reserved_;
    for (std::size_t i = 0; i < slots_.size(); ++i)
      if (!names.contains(slots_[i].spec.name)) snapshots[i] = nullptr;
  }
  return std::make_shared<const Page>(std::move(snapshots), now, reserved, nullptr);
}

}  // namespace exporter
