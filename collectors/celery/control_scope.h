#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/celery/broker.h"
#include "collectors/celery/control_round.h"
#include "exporter/collector.h"

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

// In which order workers are asked that a reply could stop.
struct ControlOrder {
  enum class Held {
    kNot,
    kAwaitsHeartbeats,  // They would tell workers that listen no more from mailboxes of the dead.
    kDeaf,              // Workers send heartbeats, have a mailbox and listen no more.
    kUnsettled,         // Fewer listen than before, but others have just come.
  };
  std::vector<std::string> together = {};
  std::vector<std::string> alone = {};  // After those, one by one.
  std::size_t askable = 0;              // So many of `alone` may be asked now.
  Held held = Held::kNot;
  bool in_doubt = false;  // The last of these did not reply so far, and may never do.
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
// And whatever the cause: where a reply that raises would stop a worker, each is asked alone,
// and no other after one that listens no more, or after one that lives and did not reply,
// until that is judged. Those that have replied in their present
// process, which heartbeats tell from the next one, are asked together from then on; with
// `control: full` none ever is, as what a reply holds changes with each task. What once failed
// is asked no more until the exporter starts again: a worker that is started again would be
// harmed again.
//
// Pure. One thread at a time.
class ControlScope {
 public:
  explicit ControlScope(ControlMode mode) : mode_(mode) {}

  // None if workers are asked no more.
  std::vector<std::string> Methods(bool broker_tells_scheduled) const;
  // `knows_heartbeats`: all who send heartbeats would have been heard by now.
  ControlOrder OrderOf(const ControlTakers& takers, const std::vector<WorkerPulse>& pulses,
                       bool knows_heartbeats);
  // Whether the worker lives and did not reply, and none may be asked for the first time.
  bool IsInDoubt(const std::string& hostname, const std::vector<WorkerPulse>& pulses,
                 bool knows_heartbeats) const;
  // `asked` calls were sent to each of `workers`, absent if the broker does not tell to whom.
  // `pulses`: the workers that are up.
  void Took(std::size_t asked, const ControlRound& round,
            const std::optional<std::vector<std::string>>& workers,
            const std::vector<WorkerPulse>& pulses);
  // The worker alone will be asked, while `before` holds. Unless it answers all calls it may have
  // been stopped, which a look at who listens then finds out.
  void Suspect(const std::string& hostname, const ControlTakers& before);
  // The worker that is under suspicion answered so many; true if that was all.
  bool Answered(std::size_t answered, std::size_t asked);
  void LookAt(const ControlTakers& now);
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
    int silent_rounds = 0;         // In a row.
    int partial_rounds = 0;        // In a row, in which it answered some calls and not all.
    std::uint64_t beats = 0;       // At the first of the silent rounds.
    std::uint64_t turn = 0;        // When it was last asked.
    std::uint64_t next_round = 0;  // Before which it is not asked again.
  };

  struct Suspicion {
    std::string hostname;
    ControlTakers before;
    std::size_t answered = 0;
    int looks = 0;
  };
  using ByName = std::map<std::string_view, const WorkerPulse*>;

  Record RecordOf(const std::string& hostname) const;
  static bool IsInDoubt(const Record& record, const WorkerPulse* pulse, bool knows_heartbeats);
  void SortByHope(std::vector<std::string>& workers, const ByName& by_name) const;
  bool MayBeAskedWithOthers(const Record& record, const WorkerPulse* pulse) const;
  void Judge(const std::string& hostname, const WorkerPulse* pulse, std::size_t asked,
             const ControlRound& round);
  void ForgetUntold(const std::vector<WorkerPulse>& pulses);
  void JudgeSilence(const WorkerPulse& pulse, const Record& record);
  // Whether it is known if the worker that is under suspicion was stopped, or there is none.
  bool Settle(const ControlTakers& now);
  void Stopped(const Suspicion& suspicion);
  void Stop(exporter::ErrorKind kind, const std::string& why);
  void AskLess(exporter::ErrorKind kind, const std::string& why);

  ControlMode mode_;
  std::uint64_t turn_ = 0;    // Of calls.
  std::uint64_t round_ = 0;   // Of orders.
  bool has_replied_ = false;  // Any worker of a broker that does not tell whom it asked.
  std::map<std::string, Record> records_;
  std::optional<Suspicion> suspicion_;
  std::optional<exporter::CollectError> problem_;
};

}  // namespace collectors
