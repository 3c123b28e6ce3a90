#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "collectors/celery/tasks/label_table.h"
#include "collectors/celery/tasks/task_table.h"
#include "collectors/celery/tasks/waiting_heap.h"

namespace collectors {

// The queues that task-sent events named, and the tasks of a table that wait in them by events. A
// queue hands out its messages in their order, unless it has priorities; whether it has is known
// only after SetOrder(). One thread at a time.
class WaitingQueues {
 public:
  // Times that are possible, in epoch seconds.
  struct Times {
    double least, most;
  };

  // A task-sent event named the queue.
  void Name(Label queue, Ticks now) { queues_[queue].named = now; }
  void SetOrder(Label queue, bool is_in_order) { orders_[queue] = is_in_order; }
  // A worker has taken a task that waited. If the queue is in order, those sent before it are gone,
  // too.
  void Taken(Label queue);
  // A task that waits is forgotten.
  void GivenUp(Label queue);
  // For a task that begins or ceases to wait, by its record.
  void Insert(TaskTable& table, Slot slot);
  void Erase(TaskTable& table, Slot slot);

  // Events may have been lost: no task is known to wait any more.
  void Missed(TaskTable& table);

  // Returns since when the queue's oldest task has waited; `there` is the broker's count. Absent if
  // fewer tasks are known. If more are known and the queue is in order, the first of them are
  // marked as lost. If a later task may come first, absent while tasks are taken without an event.
  std::optional<double> Oldest(TaskTable& table, Label queue, std::size_t there, Ticks now,
                               Times times);
  // Whether tasks were taken unheard within the last ten minutes, if any task may be taken first.
  bool IsOvertaken(Label queue, Ticks now) const;
  // Queues that events named within the last hour, or that have waiting tasks; the last named
  // first, at most 200.
  std::vector<Label> Present(Ticks now) const;

 private:
  // How many tasks the broker had.
  struct Reading {
    std::size_t there;
    Ticks at;
  };
  struct Queue {
    WaitingHeap heap;
    std::optional<Ticks> named = {};  // When it last was.
    bool knows_first = false;         // No unknown task was sent before all those in the heap.
    // If it is not in order:
    bool hears_takers = false;     // An event reported a take, and no take is known to be
                                   // unreported.
    std::optional<Reading> last;   // Replaced when it is kUnderWay old.
    std::optional<Ticks> unheard;  // When an unheard take was last noticed.
  };

  // Whether all tasks that the broker has are known.
  static bool IsComplete(const TaskTable& table, Queue& queue, std::size_t there, Ticks now);
  bool IsInOrder(Label queue) const;
  static std::optional<double> OldestOfAny(TaskTable& table, Queue& queue, const Reading& now,
                                           Times times);
  static void NoteUnheard(TaskTable& table, Queue& queue, const Reading& now);
  // Null if the record's queue is not known.
  WaitingHeap* HeapOf(const TaskRecord& record);

  std::map<Label, Queue> queues_;
  std::map<Label, bool> orders_;  // Whether they are in order; of others that is not known.
};

}  // namespace collectors
