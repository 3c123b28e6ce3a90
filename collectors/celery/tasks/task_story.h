#pragma once

#include <optional>

#include "collectors/celery/tasks/task_table.h"
#include "collectors/celery/wire/event.h"

namespace collectors {

// What events say of one task, in whatever order they come: its times and how far
// it got. An event that tells of an earlier run of the task, or that comes when
// the end is known, changes neither.

// A time that a clock can have: neither absent, nor negative, nor of no calendar.
double TimeOf(std::optional<double> seconds);

// Whether the same was heard before: the event, or that the run has ended.
bool IsRepeated(const TaskRecord& record, const CeleryEvent& event);
// Adds it to the record.
void Tell(TaskRecord& record, const CeleryEvent& event);
// The worker that held it back is gone: the broker has it again.
void GiveBack(TaskRecord& record);

// Sent, and no worker has it yet.
inline bool IsUntaken(const TaskRecord& record) {
  return record.is_sent && !record.is_received && !record.is_started && !record.is_ended;
}
// A worker has it, and did not begin.
inline bool IsHeldBack(const TaskRecord& record) {
  return record.is_received && !record.is_started && !record.is_ended;
}
inline bool IsBegun(const TaskRecord& record) { return record.is_started && !record.is_ended; }
// The same of those that are not known to have ended unheard.
inline bool IsWaiting(const TaskRecord& record) { return IsUntaken(record) && !record.is_lost; }
inline bool IsRunning(const TaskRecord& record) { return IsBegun(record) && !record.is_lost; }
// When it was sent or is due; 0 where unknown.
double WaitsSince(const TaskRecord& record);

}  // namespace collectors
