#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collectors/celery/wire/control_message.h"
#include "collectors/celery/wire/event.h"
#include "collectors/celery/workers/worker_clock.h"
#include "collectors/celery/workers/worker_processes.h"
#include "exporter/seam/deadline.h"

namespace collectors {

enum class Life {
  kUp,
  kDown,
  kUnknown,  // Silent for too long, but its events may have been missed.
};

// For how long in all, up to a moment, some or all workers could not be heard.
struct Deafness {
  using Duration = exporter::SteadyTime::duration;

  Duration down = {};     // No worker could be heard.
  Duration foreign = {};  // There were events that are not JSON, of any sender.
  // When these began to come, after none for long.
  exporter::SteadyTime foreign_since = {};
};

// When a silent worker counts as down.
struct Silence {
  std::chrono::milliseconds timeout;         // Of a worker that sends heartbeats.
  std::chrono::milliseconds reply_interval;  // Between two rounds of control calls.
};

// One worker, by its events and its replies. Liveness is judged by our clock, whatever time the
// worker reports. One thread at a time.
class Worker {
 public:
  using Duration = exporter::SteadyTime::duration;

  // An event of this worker. While nobody listens, a worker is not silent: `deaf` is as of now.
  void Heard(const CeleryEvent& event, exporter::SteadyTime now, const Deafness& deaf);
  // The time of that event by the worker's clock, and of its arrival by ours, in epoch seconds.
  // Only for events that are sent at once, such as heartbeats.
  void HeardClock(double stamp, double epoch) { clock_.Heard(stamp, epoch); }
  // A reply to the round of control calls that ended at `round`.
  void Replied(const WorkerReply& reply, exporter::SteadyTime round, const Deafness& deaf);
  // From now on the worker is asked only for its queues; the other facts would not change any more.
  void AskedLess();
  // Events may have been lost: earlier counts say nothing about later ones.
  void Missed();

  Life LifeAt(exporter::SteadyTime now, const Deafness& deaf, const Silence& silence) const;
  // Since when the worker is down; only if it is.
  exporter::SteadyTime DownSince(const Deafness& deaf, const Silence& silence) const;
  // The worker has announced its shutdown: it takes no more tasks.
  bool is_offline() const { return leaving_.has_value(); }
  exporter::SteadyTime last_heard() const { return heard_; }
  const WorkerClock& clock() const { return clock_; }

  // By heartbeats: tasks that run, and tasks taken, including those before a restart.
  std::optional<double> active() const { return active_; }
  std::optional<double> processed() const { return processes_.processed(); }
  // The number of the present process among those of the name, from 0, and its heartbeats.
  std::uint64_t process_number() const { return process_number_; }
  std::uint64_t beats() const { return beat_count_; }
  // Whether the worker sends task events; absent until known.
  std::optional<bool> SendsTaskEvents() const;
  // True the first time that the worker is known to send none.
  bool TakeSilent();
  // Returns what the worker ran and no longer runs, since the last call; everything if it is down.
  // After it has announced its shutdown it may still end its tasks, until it is silent as well.
  std::vector<EndedWork> TakeEnded(exporter::SteadyTime now, const Deafness& deaf,
                                   const Silence& silence);
  // The same if nothing more is expected of the worker.
  std::vector<EndedWork> TakeAll(exporter::SteadyTime now);

  // By control calls, as of the last reply: the queues that it serves, its slots, the tasks that it
  // holds. Null if it was heard for long after that and did not reply.
  const WorkerReply* Facts(const Silence& silence) const;
  // Whether the tasks that it holds are known: it replied in the last round, the one at `round`.
  bool HasReplied(std::optional<exporter::SteadyTime> round, exporter::SteadyTime now,
                  const Silence& silence) const;
  // Of any age.
  const WorkerReply& last_facts() const { return facts_; }
  std::optional<exporter::SteadyTime> last_reply() const { return replied_; }

 private:
  // The process that announced its shutdown, and when it was last heard.
  struct Leaving {
    ProcessKey process;
    exporter::SteadyTime heard;
  };

  // The last event of another process of this name, with a clock that is behind.
  struct Behind {
    double stamp;
    exporter::SteadyTime heard;
  };

  bool IsLate(const CeleryEvent& event, exporter::SteadyTime now);
  bool IsOfBehind(double stamp, exporter::SteadyTime now);
  void Revive(exporter::SteadyTime now, const Deafness& deaf);
  // For how long the worker's own events may have been missed since it was last heard.
  Duration UnheardFor(const Deafness& deaf) const;
  void TakeBeat(const CeleryEvent& event, exporter::SteadyTime now);
  void BeginProcess();
  void ForgetProcess();

  exporter::SteadyTime heard_;
  Deafness deaf_;                            // As of when it was last heard.
  bool beats_ = false;                       // The worker sends heartbeats.
  Duration pace_ = std::chrono::seconds(2);  // Between two heartbeats (--heartbeat-interval).
  std::uint64_t process_number_ = 0;
  std::uint64_t beat_count_ = 0;  // Of that process.
  std::optional<Leaving> leaving_;
  std::optional<double> stamp_;  // Of its last own event, by its clock.
  std::optional<Behind> behind_;
  WorkerClock clock_;

  std::optional<double> active_;
  WorkerProcesses processes_;
  bool has_ended_ = false;  // All its work, because it is down.
  bool sent_task_event_ = false;
  bool grew_ = false;         // Tasks processed, since the last task event or gap.
  bool grew_before_ = false;  // And another heartbeat has come since.
  bool told_silent_ = false;

  std::optional<exporter::SteadyTime> replied_;
  Duration audible_ = {};  // For how long it has been heard since it replied.
  WorkerReply facts_;
};

}  // namespace collectors
