#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/celery/brokers/broker.h"
#include "collectors/celery/workers/control_round.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// The option `control`: what workers may be asked.
enum class ControlMode {
  kNone,
  kQueues,  // true
  kFull,
};

// A worker that is up, by its heartbeats.
struct WorkerPulse {
  std::string hostname;
  std::uint64_t process = 0;  // Differs for each process of that name.
  std::uint64_t beats = 0;    // Heartbeats of that process.
  bool is_recent = true;      // Heard within the last seconds: it was not killed before that.
};

// Which workers a round asks, if a reply could stop a worker.
struct ControlOrder {
  // Why workers that were never asked are not asked now.
  enum class Held {
    kNot,
    kAwaitsHeartbeats,  // Heartbeats will tell workers that no longer listen from mailboxes of dead
                        // workers.
    kDeaf,              // A worker sends heartbeats and has a mailbox, but does not listen.
    kInDoubt,           // A worker that was asked listens, but has not answered yet.
    kMayHaveStopped,    // After that, one listener fewer: that worker was stopped, or another one
                        // died.
  };
  std::vector<std::string> together = {};
  std::vector<std::string> alone = {};  // After those, one by one.
  std::vector<std::string> later = {};  // Not in this round.
  Held held = Held::kNot;
};

// What workers are asked in the next round of control calls, and why that is less than the option
// allows.
//
// A worker writes its reply with Celery's `task_serializer`. If that raises, the worker logs a
// traceback. On Redis, Celery before 5.7 then also closes the channel that it takes tasks from: the
// worker goes on sending heartbeats, but takes no more tasks (celery.worker.pidbox, Pidbox.reset).
// The replies to `stats`, `active`, `reserved` and `scheduled` contain what an application gave its
// tasks and its pool, which JSON may not be able to write. So by default workers are asked only
// `active_queues`. That reply contains names and arguments of queues, which JSON can write unless
// an application declares a queue with other arguments.
//
// If a reply that raises would stop a worker, whatever the cause, each worker is asked alone the
// first time, and no other worker is asked for the first time before it has answered. Workers that
// have replied in their present process are asked together from then on; heartbeats show when a new
// process has the name. With `control: full` workers are never asked together, because the content
// of a reply changes with each task. A worker that answers only some of these calls may be about to
// be stopped by the next one, so no other worker is asked until it has answered all. After three
// such rounds workers are asked only for their queues.
//
// The broker reports how many listen, but not which ones, and mailboxes remain when workers are
// killed. So of the workers that were asked and did not answer, (mailboxes - listeners) may be
// dead. If more did not answer, or if one of them sends heartbeats, one of them is alive and has
// yet to answer. It is busy, or was stopped just then, which makes one listener fewer. A worker
// that dies also makes one listener fewer, so no worker is blamed for that: the workers that were
// never asked wait up to ten minutes for their first question.
//
// Pure. One thread at a time.
class ControlScope {
 public:
  explicit ControlScope(ControlMode mode) : mode_(mode) {}

  // Empty if workers are no longer asked.
  std::vector<std::string> Methods(bool broker_tells_scheduled) const;
  // `knows_heartbeats`: all workers that send heartbeats would have been heard by now.
  ControlOrder OrderOf(const ControlTakers& takers, const std::vector<WorkerPulse>& pulses,
                       bool knows_heartbeats, exporter::SteadyTime now);
  // Compares the listeners with those of the last look, after a worker was asked in between.
  void LookAt(const ControlTakers& takers, const std::vector<WorkerPulse>& pulses,
              exporter::SteadyTime now);
  // Whether the worker may be asked; for the first time only while no other worker is in doubt or
  // may have been stopped.
  bool MayAsk(const std::string& hostname) const;
  // Whether the worker, which did not answer all calls in time, may still work on one whose reply
  // stops it.
  bool MayBeStopping(const std::string& hostname) const;
  // Whether a worker was asked within the last ten minutes and has never answered.
  bool HasWaiting() const { return !Waiting().empty(); }
  // Whether a worker that was asked for the first time listens and has not answered.
  bool IsInDoubt() const;
  // `asked` calls were sent to each of `workers`, which is absent if the broker does not report the
  // recipients. `pulses`: the workers that are up.
  void Took(std::size_t asked, const ControlRound& round,
            const std::optional<std::vector<std::string>>& workers,
            const std::vector<WorkerPulse>& pulses);
  // A call to this worker alone failed, and may have been sent: the worker is in doubt, but not
  // judged.
  void Failed(const std::string& hostname, const std::vector<WorkerPulse>& pulses);
  // Events have this content type. If it is not JSON, workers are no longer asked.
  void HeardEvents(std::string_view content_type);
  // Whether the worker has been asked since it became known.
  bool HasAsked(const std::string& hostname) const { return records_.contains(hostname); }

  const std::optional<exporter::CollectError>& problem() const { return problem_; }

 private:
  // How one process of a worker answered.
  struct Record {
    std::optional<std::uint64_t> process = {};  // Absent if no heartbeat of it was heard.
    bool has_replied = false;
    bool is_heard = false;            // Its heartbeats came within the last seconds: it is alive.
    int silent_rounds = 0;            // In a row.
    int partial_rounds = 0;           // In a row without all answers; the first had some.
    int looks_without_mailbox = 0;    // In a row.
    std::uint64_t beats = 0;          // At the first of the silent rounds.
    std::uint64_t turn = 0;           // When it was last asked.
    std::uint64_t next_round = 0;     // Until then it is not asked again.
    exporter::SteadyTime asked = {};  // At the first of the silent rounds.
  };

  // Fewer listened while a worker was in doubt.
  struct Loss {
    exporter::SteadyTime at;
    std::vector<std::string> suspects;  // All that had not answered.
    std::size_t dead;                   // How many of them may have been dead before.
  };
  using ByName = std::map<std::string_view, const WorkerPulse*>;

  Record RecordOf(const std::string& hostname) const;
  void TakePulses(const ByName& by_name);
  // Drops workers that are gone or have a new process.
  void ForgetGone(const ByName& by_name);
  // Whether the worker removed its mailbox and cannot have been stopped.
  bool HasGoneInOrder(const std::string& worker, const ControlTakers& now) const;
  // Whether fewer listen than at the last look, apart from workers that shut down in order.
  bool FewerListen(const ControlTakers& now) const;
  // Workers that have not answered their first question, for ten minutes at most.
  std::vector<std::string> Waiting() const;
  bool Waits(const Record& record) const;
  // Whether the worker that was asked last has answered some of the calls and not all.
  bool OwesReplies() const;
  // Whether a suspect may have been the loss, because too few of them have answered since.
  bool MayHaveStopped() const;
  ControlOrder::Held HeldBy(const std::vector<WorkerPulse>& pulses, bool knows_heartbeats) const;
  bool IsProven(const Record& record, const WorkerPulse* pulse) const;
  void SortByHope(std::vector<std::string>& workers, const ByName& by_name) const;
  void Judge(const std::string& hostname, const WorkerPulse* pulse, std::size_t asked,
             const ControlRound& round);
  void ForgetUntold(const std::vector<WorkerPulse>& pulses);
  void JudgeSilence(const WorkerPulse& pulse, const Record& record);
  void Stop(exporter::ErrorKind kind, const std::string& why);
  void AskLess(exporter::ErrorKind kind, const std::string& why);

  ControlMode mode_;
  std::uint64_t turn_ = 0;    // Counts calls.
  std::uint64_t round_ = 0;   // Counts orders.
  bool has_replied_ = false;  // Whether any worker has, if the broker does not report the
                              // recipients.
  std::map<std::string, Record> records_;
  ControlTakers takers_;           // At the last look.
  exporter::SteadyTime now_ = {};  // When that was.
  std::string incomplete_;         // The worker that was last asked alone, if it did not answer all
                                   // calls.
  std::optional<Loss> loss_;       // The last one while a worker was in doubt.
  std::optional<exporter::CollectError> problem_;
};

}  // namespace collectors
