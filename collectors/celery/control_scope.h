#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
// And whatever the cause: where a reply that raises would stop a worker, one alone is asked
// until a worker has replied to all calls; if that one never does, no other is asked. So a
// broker whose workers are all of one application loses one at most. What once failed
// is asked no more until the exporter starts again: a worker that is started again would be
// harmed again.
//
// Pure. One thread at a time.
class ControlScope {
 public:
  explicit ControlScope(ControlMode mode) : mode_(mode) {}

  // None if workers are asked no more.
  std::vector<std::string> Methods(bool broker_tells_scheduled) const;
  // Of these one alone is to be asked, the first that takes control calls, or any if these are
  // none; absent if all are to be asked. While no heartbeat is heard it is always the same one: it
  // may not reply because it was stopped by the first call.
  std::optional<std::vector<std::string>> OneOf(const std::vector<WorkerPulse>& pulses) const;
  // The round that asked `asked` calls of each worker has ended. `listeners`: the workers that
  // it was delivered to, absent if the broker does not tell. `pulses`: those that are up.
  void Took(std::size_t asked, const ControlRound& round,
            const std::optional<std::vector<std::string>>& listeners,
            const std::vector<WorkerPulse>& pulses);
  // Events have this content type.
  void HeardEvents(std::string_view content_type);

  const std::optional<exporter::CollectError>& problem() const { return problem_; }

 private:
  // How a process of a worker answered.
  struct Record {
    std::uint64_t process = 0;
    bool has_replied = false;
    int silent_rounds = 0;    // In a row.
    int partial_rounds = 0;   // In a row, in which it answered some calls and not all.
    std::uint64_t beats = 0;  // At the first of the silent rounds.
  };

  void Judge(const WorkerPulse& pulse, std::size_t asked, const ControlRound& round);
  void JudgeSilence(const WorkerPulse& pulse, const Record& record);
  void Stop(exporter::ErrorKind kind, const std::string& why);
  void AskLess(exporter::ErrorKind kind, const std::string& why);

  ControlMode mode_;
  bool has_replied_ = false;  // Any worker, to all calls of a round.
  std::string first_;         // The worker that was asked alone.
  std::map<std::string, Record> records_;
  std::optional<exporter::CollectError> problem_;
};

}  // namespace collectors
