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
  std::uint64_t process = 0;  // Another number for each process of that name.
  std::uint64_t beats = 0;    // Heartbeats of that process.
  bool is_recent = true;      // Heard within the last seconds: it has not been killed since.
};

// Whom a round asks of those that a reply could stop.
struct ControlOrder {
  // Why no worker is asked for the first time.
  enum class Held {
    kNot,
    kAwaitsHeartbeats,  // They would tell workers that listen no more from mailboxes of the dead.
    kDeaf,              // Workers send heartbeats, have a mailbox and do not listen.
    kInDoubt,           // One that was asked listens, and has not answered yet.
    kMayHaveStopped,    // One fewer listened then: the one that was asked, or another that died.
  };
  std::vector<std::string> together = {};
  std::vector<std::string> alone = {};  // After those, one by one.
  std::vector<std::string> later = {};  // Not in this round.
  Held held = Held::kNot;
};

// What workers are asked in the next round of control calls, and why it is less than the
// option says.
//
// A worker writes its reply with Celery's `task_serializer`. If that raises, the worker logs
// a traceback; and on Redis Celery before 5.7 closes the channel that it takes tasks from:
// the worker goes on sending heartbeats and takes no task any more (celery.worker.pidbox,
// Pidbox.reset). The replies to `stats`, `active`, `reserved` and `scheduled` hold what an
// application gave its tasks and its pool, which JSON may not be able to write. So by default
// workers are asked `active_queues` alone: names and arguments of queues, which JSON can
// write unless an application declares a queue with arguments that it cannot.
//
// And whatever the cause: where a reply that raises would stop a worker, each is asked alone
// for the first time, and no other before it has answered. Those that have replied in their
// present process, which heartbeats tell from the next one, are asked together from then on;
// with `control: full` none ever is, as what a reply holds changes with each task. There a worker
// that has answered some of the calls may be about to be stopped by the next one. No other is asked
// until it has answered all; after three rounds workers are asked for their queues alone.
//
// Who listens is a number without names, and mailboxes are also those of workers that were
// killed. So of the workers that were asked and did not answer as many may be dead as there are
// mailboxes more than listeners. If there are more, or if one of them sends heartbeats, one of them
// lives and is still to answer: it is busy, or was stopped at that moment, which makes one listener
// fewer. As a worker that dies makes one fewer too, nobody is accused by that: others wait, for ten
// minutes, for their first question.
//
// Pure. One thread at a time.
class ControlScope {
 public:
  explicit ControlScope(ControlMode mode) : mode_(mode) {}

  // None if workers are asked no more.
  std::vector<std::string> Methods(bool broker_tells_scheduled) const;
  // `knows_heartbeats`: all who send heartbeats would have been heard by now.
  ControlOrder OrderOf(const ControlTakers& takers, const std::vector<WorkerPulse>& pulses,
                       bool knows_heartbeats, exporter::SteadyTime now);
  // A look at who listens, after one was asked since the last look.
  void LookAt(const ControlTakers& takers, const std::vector<WorkerPulse>& pulses,
              exporter::SteadyTime now);
  // Whether the worker may be asked: for the first time only if no other is in doubt.
  bool MayAsk(const std::string& hostname) const;
  // Whether the worker, which did not answer all calls in time, may still work on one whose reply
  // stops it.
  bool MayBeStopping(const std::string& hostname) const;
  // Whether any worker that was asked has never answered, for a while.
  bool HasWaiting() const { return !Waiting().empty(); }
  // Whether one that was asked for the first time listens and has not answered.
  bool IsInDoubt() const;
  // `asked` calls were sent to each of `workers`, absent if the broker does not tell to whom.
  // `pulses`: the workers that are up.
  void Took(std::size_t asked, const ControlRound& round,
            const std::optional<std::vector<std::string>>& workers,
            const std::vector<WorkerPulse>& pulses);
  // A call to the worker alone failed, and may have been sent: it is in doubt, and not judged.
  void Failed(const std::string& hostname, const std::vector<WorkerPulse>& pulses);
  // Events have this content type.
  void HeardEvents(std::string_view content_type);
  // Whether the worker has been asked since it is known.
  bool HasAsked(const std::string& hostname) const { return records_.contains(hostname); }

  const std::optional<exporter::CollectError>& problem() const { return problem_; }

 private:
  // How a process of a worker answered.
  struct Record {
    std::optional<std::uint64_t> process = {};  // Absent if no heartbeat of it was heard.
    bool has_replied = false;
    bool is_heard = false;            // Its heartbeats, within the last seconds: it lives.
    int silent_rounds = 0;            // In a row.
    int partial_rounds = 0;           // In a row without all answers; the first had some.
    int looks_without_mailbox = 0;    // In a row.
    std::uint64_t beats = 0;          // At the first of the silent rounds.
    std::uint64_t turn = 0;           // When it was last asked.
    std::uint64_t next_round = 0;     // Before which it is not asked again.
    exporter::SteadyTime asked = {};  // At the first of the silent rounds.
  };

  // One fewer listened, when more had not answered than were dead.
  struct Loss {
    exporter::SteadyTime at;
    std::vector<std::string> suspects;  // All who had not answered,
    std::size_t dead;                   // of whom so many may have been dead before.
  };
  using ByName = std::map<std::string_view, const WorkerPulse*>;

  Record RecordOf(const std::string& hostname) const;
  void TakePulses(const ByName& by_name);
  // Forgets the workers that have gone, or whose next process beats.
  void ForgetGone(const ByName& by_name);
  // Whether the worker has removed its mailbox and cannot have been stopped.
  bool HasGoneInOrder(const std::string& worker, const ControlTakers& now) const;
  // Whether fewer listen than at the last look, apart from workers that shut down in order.
  bool FewerListen(const ControlTakers& now) const;
  // Of those that were asked for the first time, who did not answer: for a while.
  std::vector<std::string> Waiting() const;
  bool Waits(const Record& record) const;
  // Whether the worker that was asked last has answered some of the calls and not all.
  bool OwesReplies() const;
  // Whether it may have been one of the suspects, as too few of them have answered since.
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
  std::uint64_t turn_ = 0;    // Of calls.
  std::uint64_t round_ = 0;   // Of orders.
  bool has_replied_ = false;  // Any worker of a broker that does not tell whom it asked.
  std::map<std::string, Record> records_;
  ControlTakers takers_;           // At the last look,
  exporter::SteadyTime now_ = {};  // which was then.
  std::string incomplete_;    // The worker that was asked last, alone, if it did not answer all.
  std::optional<Loss> loss_;  // The last one while a worker was in doubt.
  std::optional<exporter::CollectError> problem_;
};

}  // namespace collectors
