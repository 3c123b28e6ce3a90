#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "collectors/celery/label_table.h"
#include "collectors/celery/task_table.h"
#include "collectors/celery/waiting_heap.h"

namespace collectors {

// The queues that task-sent events named, and the tasks of a table that wait in them
// by events. One thread at a time.
class WaitingQueues {
 public:
  // Times that a clock can have said, in epoch seconds.
  struct Times {
    double least, most;
  };

  // A task-sent named the queue.
  void Name(Label queue, Ticks now) { queues_[queue].named = now; }
  // A worker has taken one that waited: those sent before it have gone, too.
  void Taken(Label queue);
  // One is forgotten that waits.
  void GivenUp(Label queue);
  // A task that begins or ceases to wait, by its record.
  void Insert(TaskTable& table, Slot slot);
  void Erase(TaskTable& table, Slot slot);

  // Since when the longest waiting task of the queue waits, of which the broker has
  // `there`. Absent where fewer are known. Where more are, the first of them are lost.
  std::optional<double> Oldest(TaskTable& table, Label queue, std::size_t there, Ticks now,
                               Times times);
  // Those named within the last hour, or with tasks that wait, the last named first:
  // at most 200.
  std::vector<Label> Present(Ticks now) const;

 private:
  struct Queue {
    WaitingHeap heap;
    Ticks named = 0;           // When it was last.
    bool knows_first = false;  // None is missing that was sent before all those in the heap.
  };

  // Whether all that the broker has are known.
  static bool IsComplete(const TaskTable& table, Queue& queue, std::size_t there, Ticks now);
  // Null where the record's queue was not named.
  WaitingHeap* HeapOf(const TaskRecord& record);

  std::map<Label, Queue> queues_;
};

}  // namespace collectors
