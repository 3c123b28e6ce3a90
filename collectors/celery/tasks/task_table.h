#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "collectors/celery/tasks/label_table.h"
#include "collectors/celery/tasks/task_id.h"
#include "collectors/celery/wire/event.h"
#include "collectors/celery/workers/worker_processes.h"

namespace collectors {

// The place of a task's record in the table.
using Slot = std::uint32_t;
inline constexpr Slot kNoSlot = 0xFFFFFFFF;

// Sixteenths of a second since the tally began.
using Ticks = std::uint32_t;
inline constexpr Ticks kTicksPerSecond = 16;

// Neighbours in a SlotList.
struct SlotLinks {
  Slot before = kNoSlot;
  Slot after = kNoSlot;
};

// The memory of one task; small, because there are many. Times are epoch seconds by the clocks of
// the senders, 0 if not reported. Times and flags are of the present run: a task that is retried or
// redelivered keeps its id.
struct TaskRecord {
  TaskId id;

  double sent = 0;
  double eta = 0;
  double received = 0;
  double started = 0;
  double ended = 0;
  std::uint16_t retries = 0;
  bool knows_retries : 1 = false;
  bool is_sent : 1 = false;
  bool is_received : 1 = false;
  bool is_started : 1 = false;
  bool is_ended : 1 = false;
  bool is_lost : 1 = false;         // Waits or runs by its events, but is known not to.
  bool has_queue_wait : 1 = false;  // Has been observed.
  bool has_worker_wait : 1 = false;
  bool has_failure_runtime : 1 = false;
  EventType end = EventType::kTaskSent;  // How it ended.

  Label name = kNoLabel;
  Label queue = kNoLabel;         // From its task-sent event.
  Label worker_queue = kNoLabel;  // The one queue that its worker serves.
  Label worker = kUnknownLabel;

  // Events that are not counted yet, because their labels are not known.
  std::array<std::uint8_t, kTaskEventTypes> pending{};
  Label exception = kNoLabel;  // Of the failures among them.
  double runtime = -1;         // Of the success among them; negative if there is none.
  Ticks pending_since = 0;
  Ticks touched = 0;  // At its last event.

  SlotLinks age;  // Among the tasks that live, or that ended.
  SlotLinks pending_age;
  Slot next = kNoSlot;      // In the same bucket of the index, or free.
  std::uint32_t place = 0;  // In its queue's WaitingHeap, while it waits.
  ProcessKey process = 0;   // That last received or started it.
  ProcessKey ended_by = 0;  // That reported its end.
};

// Records by task id. Slots and references stay valid until the record is removed.
class TaskTable {
 public:
  TaskTable();
  ~TaskTable() = default;
  TaskTable(const TaskTable&) = delete;
  TaskTable& operator=(const TaskTable&) = delete;

  Slot Find(const TaskId& id) const;
  Slot FindOrAdd(const TaskId& id);
  void Remove(Slot slot);

  TaskRecord& operator[](Slot slot) { return records_[slot]; }
  const TaskRecord& operator[](Slot slot) const { return records_[slot]; }
  std::size_t size() const { return size_; }

 private:
  std::size_t BucketOf(const TaskId& id) const;
  void Link(Slot slot);
  void Grow();

  // Senders choose the ids; because of these seeds they cannot choose buckets.
  std::uint64_t high_seed_;
  std::uint64_t low_seed_;
  std::deque<TaskRecord> records_;  // Grows without copying, and never shrinks.
  std::vector<Slot> buckets_;       // Their number is a power of two.
  Slot free_ = kNoSlot;
  std::size_t size_ = 0;
};

// A queue of some records of a table, linked through the records.
template <SlotLinks TaskRecord::*kLinks>
class SlotList {
 public:
  Slot front() const { return front_; }
  std::size_t size() const { return size_; }

  void PushBack(TaskTable& table, Slot slot) {
    table[slot].*kLinks = {back_, kNoSlot};
    AfterOf(table, back_) = slot;
    back_ = slot;
    ++size_;
  }

  void Erase(TaskTable& table, Slot slot) {
    const SlotLinks links = table[slot].*kLinks;
    AfterOf(table, links.before) = links.after;
    (links.after == kNoSlot ? back_ : (table[links.after].*kLinks).before) = links.before;
    --size_;
  }

 private:
  Slot& AfterOf(TaskTable& table, Slot slot) {
    return slot == kNoSlot ? front_ : (table[slot].*kLinks).after;
  }

  Slot front_ = kNoSlot;
  Slot back_ = kNoSlot;
  std::size_t size_ = 0;
};

}  // namespace collectors
