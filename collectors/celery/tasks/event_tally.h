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
  bool worker_label = false;      // Task families have the label hostname too.
  std::size_t max_tasks = 50000;  // Tasks remembered at a time.
  std::chrono::milliseconds task_retention = std::chrono::hours(24);  // Since its last event.
  std::size_t max_exceptions = 100;     // Values of the label exception; the rest is "other".
  std::size_t max_counters = 2500;      // Lines of the page; what finds none is "other".
  std::size_t max_histograms = 5000;    // Likewise, of histograms.
  std::vector<double> runtime_buckets;  // Seconds, rising, without +Inf.
  std::vector<double> wait_buckets;
};

// What the events say of tasks: counters that never fall, histograms, and the
// tasks that are under way, of which only times and names are remembered, and of
// those no more than the options allow. Events may come in any order, twice, or
// not at all. What a worker says of a task whose name and queue are not known yet
// is held back for two seconds, then counted under "unknown": task-sent may be
// behind it. Names and meanings as danihodovic/celery-exporter's. One thread at a
// time.
class EventTally {
 public:
  explicit EventTally(TallyOptions options);
  ~EventTally();
  EventTally(const EventTally&) = delete;
  EventTally& operator=(const EventTally&) = delete;

  // A task event that came at `now`.
  void Count(const CeleryEvent& event, exporter::SteadyTime now);

  // Processes that run nothing more of what they began: the ends of those tasks were
  // not heard, or there were none. What they had not begun waits again, if all is over.
  void End(const std::vector<EndedWork>& ended);

  // The queue of tasks whose task-sent nobody sends: that of the worker, where it
  // serves one queue alone. An empty queue says that it serves several.
  void SetWorkerQueue(std::string_view hostname, std::string_view queue);

  // Events may have been lost up to now: what waited by them may wait no more, and what waits may
  // be unknown.
  void Missed();
  // Whether the queue hands out its messages in the order in which they came, as who knows says.
  void SetQueueOrder(std::string_view queue, bool is_in_order);

  // When the task was sent, or is to run (its eta) where that is later; epoch
  // seconds. Absent where no event has said it, or what no clock can have said.
  std::optional<double> WaitingSince(std::string_view uuid, double now) const;
  // Since when the longest waiting of the queue's tasks waits, of which the broker
  // has `waiting`. Absent where fewer are known by events: one that waits longer may
  // be unknown. Where more are, the first of them wait no more and are forgotten:
  // they were purged, or taken unheard. Absent, too, if a later task may have been taken before
  // them, unheard: IsOvertaken(). To be said also where none wait.
  std::optional<double> OldestWaiting(std::string_view queue, double waiting,
                                      exporter::SteadyTime now, double epoch_now);
  // Whether tasks of the queue are taken unheard, of which any may be the oldest.
  bool IsOvertaken(std::string_view queue) const;
  // Queues that task-sent events named within the last hour, or of which tasks wait by
  // them: at most 200, the last named ones.
  std::vector<std::string> Queues() const;

  // Whether workers receive tasks and no task-sent event has come.
  bool HearsNoSender() const;

  // Whether something found no line of its own and is counted under "other".
  bool IsFull() const;

  // The families that tell of the tally itself, without samples: they come first on
  // the page, and so are not among what is cut where it is too long.
  static void Open(exporter::FamilySet& families);
  void Write(exporter::FamilySet& families, exporter::SteadyTime now);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace collectors
