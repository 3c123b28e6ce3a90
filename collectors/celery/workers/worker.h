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
  kUnknown,  // Silent for too long, but it may be we who did not hear.
};

// For how long in all, until a moment, workers could not be heard, or not all of them.
struct Deafness {
  using Duration = exporter::SteadyTime::duration;

  Duration down = {};     // Nobody could be heard.
  Duration foreign = {};  // There were events that are not JSON, whoever sends them.
  // When these began to come, after none had come for long.
  exporter::SteadyTime foreign_since = {};
};

// When a silent worker is held for down.
struct Silence {
  std::chrono::milliseconds timeout;         // Of one that sends heartbeats.
  std::chrono::milliseconds reply_interval;  // Between two rounds of control calls.
};

// One worker, by what it sends and replies. Alive is who was heard by our own
// clock, whatever time the worker says it is. One thread at a time.
class Worker {
 public:
  using Duration = exporter::SteadyTime::duration;

  // An event of its own. A worker is not silent while nobody listens: `deaf` is as of now.
  void Heard(const CeleryEvent& event, exporter::SteadyTime now, const Deafness& deaf);
  // When that was, by both clocks; of what it sends at once, as heartbeats.
  void HeardClock(double stamp, double epoch) { clock_.Heard(stamp, epoch); }
  // A reply of the round of control calls that ended at `round`.
  void Replied(const WorkerReply& reply, exporter::SteadyTime round, const Deafness& deaf);
  // It is asked for its queues alone from now on: the rest would stand still.
  void AskedLess();
  // Events may have been lost: what was counted before tells nothing of what comes.
  void Missed();

  Life LifeAt(exporter::SteadyTime now, const Deafness& deaf, const Silence& silence) const;
  // Since when it is down; only where it is.
  exporter::SteadyTime DownSince(const Deafness& deaf, const Silence& silence) const;
  // It said itself that it goes: it takes nothing more.
  bool is_offline() const { return leaving_.has_value(); }
  exporter::SteadyTime last_heard() const { return heard_; }
  const WorkerClock& clock() const { return clock_; }

  // By heartbeats: tasks that run, and tasks taken, restarts included.
  std::optional<double> active() const { return active_; }
  std::optional<double> processed() const { return processes_.processed(); }
  // Which of the processes of its name it is, from 0, and how many heartbeats that has sent.
  std::uint64_t process_number() const { return process_number_; }
  std::uint64_t beats() const { return beat_count_; }
  // Whether it sends task events; absent until known.
  std::optional<bool> SendsTaskEvents() const;
  // The first time that it is known to send none.
  bool TakeSilent();
  // What it ran and runs no more, since this was last asked; all, where it is down. One
  // that said that it goes may still end what it runs, until it is silent, too.
  std::vector<EndedWork> TakeEnded(exporter::SteadyTime now, const Deafness& deaf,
                                   const Silence& silence);
  // The same where nothing more of it is waited for.
  std::vector<EndedWork> TakeAll(exporter::SteadyTime now);

  // By control calls, as of its last reply: what it serves, its slots, what it holds.
  // Null where it was heard for long after that and did not reply.
  const WorkerReply* Facts(const Silence& silence) const;
  // Whether what it holds is known: it replied in the last round, which was at `round`.
  bool HasReplied(std::optional<exporter::SteadyTime> round, exporter::SteadyTime now,
                  const Silence& silence) const;
  // Whatever their age.
  const WorkerReply& last_facts() const { return facts_; }
  std::optional<exporter::SteadyTime> last_reply() const { return replied_; }

 private:
  // The process that said that it goes, and when it was last heard.
  struct Leaving {
    ProcessKey process;
    exporter::SteadyTime heard;
  };

  // The last event of another process of the name, whose clock is behind.
  struct Behind {
    double stamp;
    exporter::SteadyTime heard;
  };

  bool IsLate(const CeleryEvent& event, exporter::SteadyTime now);
  bool IsOfBehind(double stamp, exporter::SteadyTime now);
  void Revive(exporter::SteadyTime now, const Deafness& deaf);
  // For how long its own events may have come unheard since it was last heard.
  Duration UnheardFor(const Deafness& deaf) const;
  void TakeBeat(const CeleryEvent& event, exporter::SteadyTime now);
  void BeginProcess();
  void ForgetProcess();

  exporter::SteadyTime heard_;
  Deafness deaf_;                            // When it was last heard.
  bool beats_ = false;                       // It sends heartbeats.
  Duration pace_ = std::chrono::seconds(2);  // From one to the next (--heartbeat-interval).
  std::uint64_t process_number_ = 0;
  std::uint64_t beat_count_ = 0;  // Of that process.
  std::optional<Leaving> leaving_;
  std::optional<double> stamp_;  // Of its last own event, by its clock.
  std::optional<Behind> behind_;
  WorkerClock clock_;

  std::optional<double> active_;
  WorkerProcesses processes_;
  bool has_ended_ = false;  // All that it ran, since it is down.
  bool sent_task_event_ = false;
  bool grew_ = false;         // processed, since the last task event or gap.
  bool grew_before_ = false;  // And another heartbeat came since.
  bool told_silent_ = false;

  std::optional<exporter::SteadyTime> replied_;
  Duration audible_ = {};  // For so long it was heard since it replied.
  WorkerReply facts_;
};

}  // namespace collectors
