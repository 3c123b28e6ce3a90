#include "collectors/celery/waiting_queues.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "collectors/celery/task_story.h"

namespace collectors {
namespace {

constexpr std::size_t kMostPresent = 200;
constexpr Ticks kMemory = 3600 * kTicksPerSecond;
// A message may be at the broker for so long before the event of it is here.
constexpr Ticks kUnderWay = 2 * kTicksPerSecond;

// Of tasks that were known before the broker was asked no more than it has can still
// be there. Queues are taken from by age: those that are not there are the first.
void DropLost(TaskTable& table, WaitingHeap& heap, std::size_t there, Ticks now) {
  if (heap.size() <= there) return;
  std::size_t settled =
      heap.CountIf([&](Slot slot) { return table[slot].touched + kUnderWay <= now; });
  for (; settled > there; --settled) {
    const Slot slot = heap.front();
    heap.Erase(table, slot);
    table[slot].is_lost = true;
  }
}

}  // namespace

WaitingHeap* WaitingQueues::HeapOf(const TaskRecord& record) {
  const auto found = queues_.find(record.queue);
  return found == queues_.end() ? nullptr : &found->second.heap;
}

void WaitingQueues::Insert(TaskTable& table, Slot slot) {
  const TaskRecord& record = table[slot];
  if (WaitingHeap* const heap = HeapOf(record)) heap->Insert(table, slot, WaitsSince(record));
}

void WaitingQueues::Erase(TaskTable& table, Slot slot) {
  if (WaitingHeap* const heap = HeapOf(table[slot])) heap->Erase(table, slot);
}

void WaitingQueues::Taken(Label queue) {
  if (const auto found = queues_.find(queue); found != queues_.end())
    found->second.knows_first = true;
}

void WaitingQueues::GivenUp(Label queue) {
  if (const auto found = queues_.find(queue); found != queues_.end())
    found->second.knows_first = false;
}

std::optional<double> WaitingQueues::Oldest(TaskTable& table, Label queue, std::size_t there,
                                            Ticks now, Times times) {
  const auto found = queues_.find(queue);
  if (found == queues_.end()) return std::nullopt;
  WaitingHeap& heap = found->second.heap;
  DropLost(table, heap, there, now);
  if (!IsComplete(table, found->second, there, now)) return std::nullopt;
  return heap.Oldest(there, times.least, times.most);
}

// As many may be on their way as came lately, and those are the youngest. But where it
// is not known that the first are there, it may be those that miss: sent before we
// listened, or given up.
bool WaitingQueues::IsComplete(const TaskTable& table, Queue& queue, std::size_t there, Ticks now) {
  if (queue.heap.size() >= there) {
    queue.knows_first = true;
    return true;
  }
  const std::size_t late =
      queue.heap.CountIf([&](Slot slot) { return table[slot].touched + kUnderWay > now; });
  return queue.knows_first && there - queue.heap.size() <= late;
}

std::vector<Label> WaitingQueues::Present(Ticks now) const {
  std::vector<std::pair<Ticks, Label>> named;
  for (const auto& [label, queue] : queues_) {
    if (queue.heap.size() > 0 || queue.named + kMemory > now)
      named.emplace_back(queue.named, label);
  }
  std::sort(named.begin(), named.end(), std::greater<>());
  if (named.size() > kMostPresent) named.resize(kMostPresent);
  std::vector<Label> present;
  present.reserve(named.size());
  for (const auto& [ticks, label] : named) present.push_back(label);
  return present;
}

}  // namespace collectors
