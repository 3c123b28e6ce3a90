#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "collectors/celery/wire/event.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// One process of a worker: its node name and its pid. Not 0.
using ProcessKey = std::uint64_t;
ProcessKey ProcessOf(const CeleryEvent& event);

// What of a process's tasks is over: an idle one still holds those that are not due.
enum class Over { kRunning, kAll };

// What the process took before that moment runs no more, whether its end was heard or not.
struct EndedWork {
  ProcessKey process;
  Over what;
  exporter::SteadyTime before;
};

// The processes that speak under one worker's name, by its own events: the present
// one, those before it, and, where somebody gave two workers one name, both. A
// container's pid is the same after each restart, so a process is told from the next
// by its number of tasks, too, which falls. One thread at a time.
class WorkerProcesses {
 public:
  enum class Beat { kOfKnown, kOfFirst, kOfNext };

  // Any event of its own.
  void Heard(const CeleryEvent& event, exporter::SteadyTime now);
  // A heartbeat or worker-online. A number that is none is passed over.
  Beat TakeBeat(const CeleryEvent& event, exporter::SteadyTime now);
  // The process is over: what it took before then waits again.
  void End(ProcessKey key, exporter::SteadyTime before) { Note({key, Over::kAll, before}); }
  // The worker is held for dead.
  void EndAll(exporter::SteadyTime now);

  // Tasks taken by all of them; absent before a number came, and where so many speak
  // under the name that their numbers cannot be told apart.
  std::optional<double> processed() const { return confused_ ? std::nullopt : processed_; }
  // Whether the last heartbeat told of more tasks than the one before of the process.
  bool grew() const { return grew_; }
  // What ended since this was last asked.
  std::vector<EndedWork> TakeEnded();

 private:
  struct Process {
    ProcessKey key;
    exporter::SteadyTime began;       // First heard of.
    std::optional<double> processed;  // As it said last.
    unsigned missed = 0;              // Heartbeats of others since its own.
    unsigned idle = 0;                // Its last heartbeats with nothing that runs.
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

// A number of tasks, as a heartbeat tells it: whole, and one that a worker can reach.
std::optional<double> TaskNumber(std::optional<double> number);

}  // namespace collectors
