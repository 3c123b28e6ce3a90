#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "collectors/celery/tasks/label_table.h"
#include "collectors/celery/tasks/task_table.h"
#include "collectors/celery/tasks/waiting_heap.h"

namespace collectors {

// The queues that task-sent events named, and the tasks of a table that wait in them
// by events. A queue hands out its messages in their order, unless it has priorities; that it has
// none is known if somebody says so. One thread at a time.
class WaitingQueues {
 public:
  // Times that a clock can have said, in epoch seconds.
  struct Times {
    double least, most;
  };

  // A task-sent named the queue.
  void Name(Label queue, Ticks now) { queues_[queue].named = now; }
  void SetOrder(Label queue, bool is_in_order) { orders_[queue] = is_in_order; }
  // A worker has taken one that waited: in order, those sent before it have gone, too.
  void Taken(Label queue);
  // One is forgotten that waits.
  void GivenUp(Label queue);
  // A task that begins or ceases to wait, by its record.
  void Insert(TaskTable& table, Slot slot);
  void Erase(TaskTable& table, Slot slot);

  // Events may have been lost: of no task is it known any more that it waits.
  void Missed(TaskTable& table);

  // Since when the longest waiting task of the queue waits, of which the broker has
  // `there`. Absent where fewer are known. Where more are, in order, the first of them are lost;
  // if a later one may come first, it is absent while tasks are taken of which no event tells.
  std::optional<double> Oldest(TaskTable& table, Label queue, std::size_t there, Ticks now,
                               Times times);
  // Whether tasks of the queue, which may be any of them, were taken unheard lately.
  bool IsOvertaken(Label queue, Ticks now) const;
  // Those named by events within the last hour, or with tasks that wait, the last named first:
  // at most 200.
  std::vector<Label> Present(Ticks now) const;

 private:
  // How many the broker had.
  struct Reading {
    std::size_t there;
    Ticks at;
  };
  struct Queue {
    WaitingHeap heap;
    std::optional<Ticks> named = {};  // When it was last.
    bool knows_first = false;         // None is missing that was sent before all those in the heap.
    // Of one that is not in order:
    bool hears_takers = false;     // An event told of a take, and none is known to be untold.
    std::optional<Reading> last;   // At least kUnderWay ago, if there were more than one.
    std::optional<Ticks> unheard;  // When it was last found that a task was taken unheard.
  };

  // Whether all that the broker has are known.
  static bool IsComplete(const TaskTable& table, Queue& queue, std::size_t there, Ticks now);
  bool IsInOrder(Label queue) const;
  static std::optional<double> OldestOfAny(TaskTable& table, Queue& queue, const Reading& now,
                                           Times times);
  static void NoteUnheard(TaskTable& table, Queue& queue, const Reading& now);
  // Null where the record's queue was not named.
  WaitingHeap* HeapOf(const TaskRecord& record);

  std::map<Label, Queue> queues_;
  std::map<Label, bool> orders_;  // Whether they are in order; others are not known to be.
};

}  // namespace collectors
