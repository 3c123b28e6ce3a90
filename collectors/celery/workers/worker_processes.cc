#include "collectors/celery/workers/worker_processes.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <string_view>
#include <tuple>
#include <utility>

namespace collectors {
namespace {

using exporter::SteadyTime;

constexpr double kMostTasks = 1e15;
constexpr std::size_t kMostProcesses = 16;
constexpr std::size_t kMostEnded = 64;
// In heartbeats, one every two seconds: after this many of others a process is over, and after the
// second number it is forgotten.
constexpr unsigned kIsOver = 8;
constexpr unsigned kIsForgotten = 32;
// After this many idle heartbeats, a task's last event is no longer on its way.
constexpr unsigned kIsIdle = 3;

}  // namespace

ProcessKey ProcessOf(const CeleryEvent& event) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
  const auto pid = std::bit_cast<std::uint64_t>(event.pid.value_or(-1));
  return (std::hash<std::string_view>{}(event.hostname) ^ (pid * kOdd)) | 1;
}

std::optional<double> TaskNumber(std::optional<double> number) {
  const bool is_one =
      number && *number >= 0 && *number <= kMostTasks && std::floor(*number) == *number;
  return is_one ? number : std::nullopt;
}

// Of the processes with this key, the one with the next lower number, because numbers only rise;
// one that is over only if there is no other. If a container's process was killed within its first
// seconds, the count of its successor may be short by one heartbeat until it has overtaken that
// process. Nothing is ever counted twice.
WorkerProcesses::Process& WorkerProcesses::FindOrAdd(ProcessKey key,
                                                     std::optional<double> processed,
                                                     SteadyTime now) {
  const auto rank = [&](const Process& process) {
    return std::tuple(process.missed < kIsOver, processed ? process.processed : std::nullopt,
                      -static_cast<int>(process.missed));
  };
  Process* best = nullptr;
  for (Process& process : processes_) {
    if (process.key != key) continue;
    if (processed && process.processed && *process.processed > *processed) continue;
    if (best == nullptr || rank(process) > rank(*best)) best = &process;
  }
  if (best != nullptr) return *best;
  if (processes_.size() >= kMostProcesses) MakeRoom();
  return processes_.emplace_back(Process{.key = key, .began = now, .processed = {}});
}

// A process that has taken no task can be forgotten and added again, such as those of a worker that
// dies at once and is restarted. If another one sends again, all its tasks would be counted twice.
void WorkerProcesses::MakeRoom() {
  const auto rank = [](const Process& process) {
    return std::pair(process.processed.value_or(0) == 0, process.missed);
  };
  const auto gone = std::max_element(
      processes_.begin(), processes_.end(),
      [&](const Process& left, const Process& right) { return rank(left) < rank(right); });
  confused_ |= gone->processed.value_or(0) > 0;
  processes_.erase(gone);
}

void WorkerProcesses::Heard(const CeleryEvent& event, SteadyTime now) {
  FindOrAdd(ProcessOf(event), {}, now);
}

WorkerProcesses::Beat WorkerProcesses::TakeBeat(const CeleryEvent& event, SteadyTime now) {
  const auto processed = TaskNumber(event.processed);
  const bool has_others = processed_.has_value();
  Process& process = FindOrAdd(ProcessOf(event), processed, now);
  const bool is_first = processed && !process.processed;
  const double before = process.processed.value_or(0);
  grew_ = processed && process.processed && *processed > before;
  if (processed) {
    processed_ = processed_.value_or(0) + (*processed - before);
    process.processed = processed;
  }
  process.missed = 0;
  NoteIdle(process, TaskNumber(event.active), now);
  MissOthers(process, now);
  if (!is_first) return Beat::kOfKnown;
  return has_others ? Beat::kOfNext : Beat::kOfFirst;
}

// The next process of a container has the same key: only what came before it is over.
void WorkerProcesses::MissOthers(const Process& heard, SteadyTime now) {
  for (Process& process : processes_) {
    if (&process == &heard || ++process.missed != kIsOver) continue;
    End(process.key, process.key == heard.key ? heard.began : now);
  }
  std::erase_if(processes_, [](const Process& process) { return process.missed >= kIsForgotten; });
}

void WorkerProcesses::NoteIdle(Process& process, std::optional<double> active, SteadyTime now) {
  if (active != 0) {
    process.idle = 0;
    return;
  }
  if (process.idle == 0) process.idle_since = now;
  if (++process.idle != kIsIdle) return;
  const bool is_alone =
      std::none_of(processes_.begin(), processes_.end(), [&](const Process& other) {
        return &other != &process && other.key == process.key && other.missed < kIsOver;
      });
  if (is_alone) Note({process.key, Over::kRunning, process.idle_since});
}

void WorkerProcesses::EndAll(SteadyTime now) {
  for (const Process& process : processes_) End(process.key, now);
}

void WorkerProcesses::Note(EndedWork work) {
  const auto found = std::find_if(ended_.begin(), ended_.end(), [&](const EndedWork& noted) {
    return noted.process == work.process && noted.what == work.what;
  });
  if (found != ended_.end()) {
    found->before = std::max(found->before, work.before);
    return;
  }
  if (ended_.size() >= kMostEnded) ended_.erase(ended_.begin());
  ended_.push_back(work);
}

std::vector<EndedWork> WorkerProcesses::TakeEnded() { return std::exchange(ended_, {}); }

}  // namespace collectors
