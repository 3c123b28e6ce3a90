#include "collectors/celery/tasks/waiting_queues.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "collectors/celery/tasks/task_story.h"

namespace collectors {
namespace {

constexpr std::size_t kMostPresent = 200;
constexpr Ticks kMemory = 3600 * kTicksPerSecond;
// How long a message may be at the broker before its event is here.
constexpr Ticks kUnderWay = 2 * kTicksPerSecond;
// After the last unheard take.
constexpr Ticks kUnheardFor = 600 * kTicksPerSecond;

void DropFirst(TaskTable& table, WaitingHeap& heap) {
  const Slot slot = heap.front();
  heap.Erase(table, slot);
  table[slot].is_lost = true;
}

// How many tasks events had reported by `then`, and wait by events still.
std::size_t SettledBy(const TaskTable& table, const WaitingHeap& heap, Ticks then) {
  return heap.CountIf([&](Slot slot) { return table[slot].touched + kUnderWay <= then; });
}

// Of the tasks that were known before the broker was asked, no more than it has can still wait.
// Tasks leave a queue by age: those that are gone are the first.
void DropLost(TaskTable& table, WaitingHeap& heap, std::size_t there, Ticks now) {
  if (heap.size() <= there) return;
  for (std::size_t settled = SettledBy(table, heap, now); settled > there; --settled)
    DropFirst(table, heap);
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
  const auto found = queues_.find(queue);
  if (found == queues_.end()) return;
  found->second.hears_takers = true;
  if (IsInOrder(queue)) found->second.knows_first = true;
}

void WaitingQueues::GivenUp(Label queue) {
  if (const auto found = queues_.find(queue); found != queues_.end())
    found->second.knows_first = false;
}

std::optional<double> WaitingQueues::Oldest(TaskTable& table, Label queue, std::size_t there,
                                            Ticks now, Times times) {
  // Noted, so that the queue is known to be empty before a task is sent to it.
  if (there == 0) queues_.try_emplace(queue);
  const auto found = queues_.find(queue);
  if (found == queues_.end()) return std::nullopt;
  if (!IsInOrder(queue)) return OldestOfAny(table, found->second, {there, now}, times);
  WaitingHeap& heap = found->second.heap;
  DropLost(table, heap, there, now);
  if (!IsComplete(table, found->second, there, now)) return std::nullopt;
  return heap.Oldest(there, times.least, times.most);
}

bool WaitingQueues::IsInOrder(Label queue) const {
  const auto found = orders_.find(queue);
  return found != orders_.end() && found->second;
}

void WaitingQueues::Missed(TaskTable& table) {
  for (auto& [label, queue] : queues_) {
    while (queue.heap.size() > 0) DropFirst(table, queue.heap);
    queue.knows_first = queue.hears_takers = false;
    queue.last.reset();
  }
}

bool WaitingQueues::IsOvertaken(Label queue, Ticks now) const {
  const auto found = queues_.find(queue);
  if (found == queues_.end() || IsInOrder(queue)) return false;
  return found->second.unheard && now < *found->second.unheard + kUnheardFor;
}

// If a later task may be taken first, it is not known which of the known tasks were. All waiting
// tasks were sent since the queue was seen empty. The event of a take may be on its way.
std::optional<double> WaitingQueues::OldestOfAny(TaskTable& table, Queue& queue, const Reading& now,
                                                 Times times) {
  NoteUnheard(table, queue, now);
  if (now.there == 0) queue.knows_first = true;
  const bool is_overtaken = queue.unheard && now.at < *queue.unheard + kUnheardFor;
  if (now.there == 0 || is_overtaken || !queue.knows_first) return std::nullopt;
  const std::size_t known = queue.heap.size();
  if (known > now.there && !queue.hears_takers) return std::nullopt;
  const std::size_t late = known - SettledBy(table, queue.heap, now.at);
  if (known < now.there && now.there - known > late) return std::nullopt;
  return queue.heap.Oldest(known, times.least, times.most);
}

// The tasks that wait by events now and did so at the last reading were all in the queue then,
// unless they had been taken unheard: events of that time have come by now.
void WaitingQueues::NoteUnheard(TaskTable& table, Queue& queue, const Reading& now) {
  if (queue.last && now.at < queue.last->at + kUnderWay) return;
  const std::optional<Reading> last = std::exchange(queue.last, now);
  if (!last) return;
  std::size_t settled = SettledBy(table, queue.heap, last->at);
  if (settled <= last->there) return;
  queue.unheard = now.at;
  queue.knows_first = queue.hears_takers = false;
  for (; settled > last->there; --settled) DropFirst(table, queue.heap);
}

// As many events may be on their way as came lately, and they are of the youngest tasks. But if the
// first tasks may be unknown, those may be the missing ones: sent before we listened, or given up.
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
    if (queue.heap.size() > 0 || (queue.named && *queue.named + kMemory > now))
      named.emplace_back(queue.named.value_or(0), label);
  }
  std::sort(named.begin(), named.end(), std::greater<>());
  if (named.size() > kMostPresent) named.resize(kMostPresent);
  std::vector<Label> present;
  present.reserve(named.size());
  for (const auto& [ticks, label] : named) present.push_back(label);
  return present;
}

}  // namespace collectors
