#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "collectors/celery/wire/event.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// One process of a worker, by its node name and its pid. Never 0.
using ProcessKey = std::uint64_t;
ProcessKey ProcessOf(const CeleryEvent& event);

// Which tasks of a process are over: an idle one still holds those that are not due.
enum class Over { kRunning, kAll };

// What the process took before `before` no longer runs, whether its end was heard or not.
struct EndedWork {
  ProcessKey process;
  Over what;
  exporter::SteadyTime before;
};

// The processes that send events under one worker's name: the present one, those before it and, if
// two workers were given one name, both. A container's pid is the same after each restart, so a new
// process is also known by its number of tasks, which falls. One thread at a time.
class WorkerProcesses {
 public:
  enum class Beat { kOfKnown, kOfFirst, kOfNext };

  // Any event of the worker.
  void Heard(const CeleryEvent& event, exporter::SteadyTime now);
  // A heartbeat or worker-online. A number that is not valid is ignored.
  Beat TakeBeat(const CeleryEvent& event, exporter::SteadyTime now);
  // The process is over: what it took before `before` waits again.
  void End(ProcessKey key, exporter::SteadyTime before) { Note({key, Over::kAll, before}); }
  // The worker counts as dead.
  void EndAll(exporter::SteadyTime now);

  // Tasks taken by all of them. Absent before the first number, and if so many processes use the
  // name that their numbers cannot be told apart.
  std::optional<double> processed() const { return confused_ ? std::nullopt : processed_; }
  // Whether the last heartbeat reported more tasks than the one before of the same process.
  bool grew() const { return grew_; }
  // Returns what has ended since the last call.
  std::vector<EndedWork> TakeEnded();

 private:
  struct Process {
    ProcessKey key;
    exporter::SteadyTime began;       // When it was first heard of.
    std::optional<double> processed;  // As last reported.
    unsigned missed = 0;              // Heartbeats of others since its last one.
    unsigned idle = 0;                // Its last heartbeats in a row without a running task.
    exporter::SteadyTime idle_since = {};
  };

  Process& FindOrAdd(ProcessKey key, std::optional<double> processed, exporter::SteadyTime now);
  void MakeRoom();
  void MissOthers(const Process& heard, exporter::SteadyTime now);
  void Note(EndedWork work);
  void NoteIdle(Process& process, std::optional<double> active, exporter::SteadyTime now);

  std::vector<Process> processes_;
  std::optional<double> processed_;
  bool grew_ = false;
  bool confused_ = false;
  std::vector<EndedWork> ended_;
};

// A number of tasks from a heartbeat; absent if it is not whole, or more than a worker can reach.
std::optional<double> TaskNumber(std::optional<double> number);

}  // namespace collectors
