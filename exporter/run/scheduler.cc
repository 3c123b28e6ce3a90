#include "exporter/run/scheduler.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <utility>

#include "exporter/run/run_log.h"

namespace exporter {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

SteadyTime NextRun(SteadyTime origin, milliseconds interval, SteadyTime now) {
  if (now < origin) return origin;
  const auto passed = (now - origin) / interval;
  return origin + (passed + 1) * interval;
}

milliseconds GridOffset(std::string_view name, milliseconds interval) {
  // FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/): std::hash may differ by build.
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return milliseconds(hash % static_cast<std::uint64_t>(interval.count()));
}

milliseconds RetryDelay::Next() {
  constexpr milliseconds kLongest = std::chrono::hours(1);
  last_ = std::clamp(2 * last_, first_, kLongest);
  return last_;
}

// One collector and its thread.
class Scheduler::Worker {
 public:
  Worker(Job job, std::size_t slot, SnapshotStore& store, Watchdog& watchdog,
         milliseconds first_retry)
      : job_(std::move(job)),
        slot_(slot),
        store_(store),
        watchdog_(watchdog),
        log_(job_.settings.name, std::string(job_.type->name)),
        retry_(first_retry) {}

  void Start(bool once) {
    thread_ = std::jthread([this, once](const std::stop_token& stop) {
      if (once) {
        RunOnce(stop, /*is_retry=*/false);
      } else {
        RunLoop(stop);
      }
      ended_ = true;
    });
  }

  void RequestStop() { thread_.request_stop(); }
  // Waits until the thread has ended; false if it has not by `until`. std::jthread has no timed
  // join, and the end takes microseconds.
  bool EndsBefore(SteadyTime until) const {
    while (thread_.joinable() && !ended_) {
      if (steady_clock::now() >= until) return false;
      std::this_thread::sleep_for(milliseconds(2));
    }
    return true;
  }
  milliseconds timeout() const { return job_.settings.timeout; }

 private:
  void RunLoop(const std::stop_token& stop);
  // Returns whether a failure was passing.
  bool RunOnce(const std::stop_token& stop, bool is_retry);
  void LogEnd(const Reading& reading);
  void Fail(const CollectError& error, const std::stop_token& stop);

  Job job_;
  std::size_t slot_;
  SnapshotStore& store_;
  Watchdog& watchdog_;
  RunLog log_;
  RetryDelay retry_;
  std::atomic<bool> ended_ = false;
  std::jthread thread_;  // Last: ends before the members that it uses.
};

namespace {

// Sleeps until `when`; false if it is to stop first.
bool SleepUntil(const std::stop_token& stop, SteadyTime when) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_until(lock, stop, when, [] { return false; });
  return !stop.stop_requested();
}

// Judged for a whole run. A slow statement fails its part alone, so a run that timed out means that
// the target did not answer at all.
bool MayPass(const CollectError& error) {
  return error.IsPassing() || error.kind() == ErrorKind::kTimeout;
}

}  // namespace

void Scheduler::Worker::RunLoop(const std::stop_token& stop) {
  const JobSettings& settings = job_.settings;
  const SteadyTime origin = steady_clock::now() + GridOffset(settings.name, settings.interval);
  SteadyTime next;
  bool is_retry = false;
  do {
    const SteadyTime began = steady_clock::now();
    const bool passes = RunOnce(stop, is_retry);
    const SteadyTime now = steady_clock::now();
    // A late retry does not replace the run of the grid, which follows at once.
    next = NextRun(origin, settings.interval, is_retry ? began : now);
    if (!passes) retry_.Reset();
    const SteadyTime early = passes ? now + retry_.Next() : next;
    is_retry = early < next;
    next = std::min(next, early);
  } while (SleepUntil(stop, next));
}

// Every failed run ends here: whatever a collector throws becomes health and goes no further.
bool Scheduler::Worker::RunOnce(const std::stop_token& stop, bool is_retry) {
  const SteadyTime start = steady_clock::now();
  const Deadline deadline = Deadline::At(start + job_.settings.timeout);
  store_.RunStarted(slot_, start, deadline.when());
  try {
    Reading reading = job_.collector->Collect({deadline, watchdog_, is_retry});
    const Moment ended = Moment::Now();  // The time after this is our own, not the target's.
    store_.TakeAccount(slot_, job_.collector->Account());
    if (ended.steady > deadline.when() + kOverdueGrace)
      throw CollectError(ErrorKind::kTimeout, "ended after its deadline");
    // A run that a stop interrupted is not reported, neither here nor in Fail().
    if (!stop.stop_requested()) LogEnd(reading);
    const bool passes = reading.failure ? MayPass(*reading.failure) : reading.wants_retry;
    log_.Shown(store_.RunEnded(slot_, ended, std::move(reading)));
    return passes;
  } catch (const CollectError& error) {
    Fail(error, stop);
    return MayPass(error);
  } catch (const std::exception& error) {
    Fail(CollectError(ErrorKind::kInternal, error.what()), stop);
    return false;
  }
}

void Scheduler::Worker::LogEnd(const Reading& reading) {
  if (reading.failure) {
    log_.Failed(*reading.failure);
  } else if (!reading.skipped) {
    log_.Succeeded(AllProblems(reading));
  }
}

void Scheduler::Worker::Fail(const CollectError& error, const std::stop_token& stop) {
  if (!stop.stop_requested()) log_.Failed(error);
  store_.TakeAccount(slot_, job_.collector->Account());
  store_.RunFailed(slot_, Moment::Now(), error,
                   job_.collector->KeepsReading() ? SnapshotStore::LastReading::kStays
                                                  : SnapshotStore::LastReading::kGoes);
}

Scheduler::Scheduler(std::vector<Job> jobs, SnapshotStore& store, Watchdog& watchdog,
                     milliseconds first_retry)
    : watchdog_(watchdog) {
  for (Job& job : jobs) {
    const std::size_t slot =
        store.AddSlot({job.settings.name, std::string(job.type->name), job.type->health, job.policy,
                       job.settings.stale_after});
    workers_.push_back(
        std::make_unique<Worker>(std::move(job), slot, store, watchdog, first_retry));
  }
}

Scheduler::~Scheduler() {
  for (const auto& worker : workers_) worker->RequestStop();
  watchdog_.ExpireAll();
}

void Scheduler::Start() {
  for (const auto& worker : workers_) worker->Start(/*once=*/false);
}

void Scheduler::RunAllOnce() {
  const SteadyTime start = steady_clock::now();
  for (const auto& worker : workers_) worker->Start(/*once=*/true);
  for (const auto& worker : workers_)
    worker->EndsBefore(start + worker->timeout() + 2 * kOverdueGrace);
}

bool Scheduler::Stop(milliseconds patience) {
  for (const auto& worker : workers_) worker->RequestStop();
  watchdog_.ExpireAll();
  const SteadyTime until = steady_clock::now() + patience;
  return std::all_of(workers_.begin(), workers_.end(),
                     [until](const auto& worker) { return worker->EndsBefore(until); });
}

}  // namespace exporter
