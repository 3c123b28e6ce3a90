#pragma once

#include <optional>

#include "collectors/celery/tasks/task_table.h"
#include "collectors/celery/wire/event.h"

namespace collectors {

// What events report about one task, in any order: its times and how far it got. An event of an
// earlier run of the task, or one that comes when the end is known, changes neither.

// Returns the time, or 0 if it is absent, not positive, or beyond the year 5138.
double TimeOf(std::optional<double> seconds);

// Whether this was heard before: the same event, or that the run has ended.
bool IsRepeated(const TaskRecord& record, const CeleryEvent& event);
// Adds the event to the record.
void Tell(TaskRecord& record, const CeleryEvent& event);
// The worker that held the task is gone: the broker has the task again.
void GiveBack(TaskRecord& record);

// Sent, and not received by a worker yet.
inline bool IsUntaken(const TaskRecord& record) {
  return record.is_sent && !record.is_received && !record.is_started && !record.is_ended;
}
// Received by a worker, which has not begun it.
inline bool IsHeldBack(const TaskRecord& record) {
  return record.is_received && !record.is_started && !record.is_ended;
}
inline bool IsBegun(const TaskRecord& record) { return record.is_started && !record.is_ended; }
// The same, except for tasks that are known to have ended unheard.
inline bool IsWaiting(const TaskRecord& record) { return IsUntaken(record) && !record.is_lost; }
inline bool IsRunning(const TaskRecord& record) { return IsBegun(record) && !record.is_lost; }
// When it was sent, or is due if that is later; 0 if unknown.
double WaitsSince(const TaskRecord& record);

}  // namespace collectors
