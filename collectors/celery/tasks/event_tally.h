#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/celery/wire/event.h"
#include "collectors/celery/workers/worker_processes.h"
#include "exporter/seam/deadline.h"
#include "exporter/seam/family_set.h"

namespace collectors {

struct TallyOptions {
  bool worker_label = false;      // Task families also have the label hostname.
  std::size_t max_tasks = 50000;  // Tasks remembered at a time.
  std::chrono::milliseconds task_retention = std::chrono::hours(24);  // Since its last event.
  std::size_t max_exceptions = 100;     // Values of the label exception; the rest is "other".
  std::size_t max_counters = 2500;      // Lines of the page; the rest is "other".
  std::size_t max_histograms = 5000;    // The same for histograms.
  std::vector<double> runtime_buckets;  // Seconds, rising, without +Inf.
  std::vector<double> wait_buckets;
};

// Counts what events report about tasks: counters that never fall, histograms, and tasks in
// progress. Of these it remembers only times and names, and only as many as the options allow.
// Events may come in any order, twice, or not at all. If a worker's event comes before the task's
// name and queue are known, it is held back for two seconds, because task-sent may follow; then it
// is counted under "unknown". Names and meanings are those of danihodovic/celery-exporter. One
// thread at a time.
class EventTally {
 public:
  explicit EventTally(TallyOptions options);
  ~EventTally();
  EventTally(const EventTally&) = delete;
  EventTally& operator=(const EventTally&) = delete;

  // Counts a task event that came at `now`.
  void Count(const CeleryEvent& event, exporter::SteadyTime now);

  // Processes that no longer run what they began: the ends of those tasks were not heard, or did
  // not happen. If all work of a process is over, the tasks that it had not begun wait again.
  void End(const std::vector<EndedWork>& ended);

  // The queue of this worker's tasks without a task-sent event. `queue` is the one that the worker
  // serves; empty if it serves several.
  void SetWorkerQueue(std::string_view hostname, std::string_view queue);

  // Events may have been lost up to now: tasks that wait by events may not wait any more, and tasks
  // that wait may be unknown.
  void Missed();
  // Whether the queue hands out its messages in the order in which they came, if that is known.
  void SetQueueOrder(std::string_view queue, bool is_in_order);

  // When the task was sent, or its eta if that is later; epoch seconds. Absent if no event has
  // reported it, or if the time is impossible.
  std::optional<double> WaitingSince(std::string_view uuid, double now) const;
  // Returns since when the queue's oldest task has waited; `waiting` is the broker's count. Absent
  // if fewer tasks are known by events: an unknown one may have waited longer. If more are known,
  // the first of them no longer wait and are forgotten: they were purged, or taken unheard. Also
  // absent if a later task may have been taken before them, unheard: IsOvertaken(). Must be called
  // for an empty queue too.
  std::optional<double> OldestWaiting(std::string_view queue, double waiting,
                                      exporter::SteadyTime now, double epoch_now);
  // Whether tasks of the queue are taken unheard: any of them may be the oldest.
  bool IsOvertaken(std::string_view queue) const;
  // Queues that task-sent events named within the last hour, or that have waiting tasks by events:
  // at most 200, the last named ones.
  std::vector<std::string> Queues() const;

  // Whether workers receive tasks, but no task-sent event has come.
  bool HearsNoSender() const;

  // Whether something found no line and is counted under "other".
  bool IsFull() const;

  // Adds the families about the tally itself, without samples: they come first on the page, and so
  // stay if the page is cut.
  static void Open(exporter::FamilySet& families);
  void Write(exporter::FamilySet& families, exporter::SteadyTime now);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace collectors
