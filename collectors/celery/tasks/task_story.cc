#include "collectors/celery/tasks/task_story.h"

#include <algorithm>
#include <cmath>

namespace collectors {
namespace {

constexpr double kLastTime = 1e11;      // The year 5138.
constexpr double kMostRetries = 65535;  // Larger numbers are stored as this.

// Both times are known, and `left` is the earlier.
bool IsBefore(double left, double right) { return left != 0 && right != 0 && left < right; }

void BeginRun(TaskRecord& record) {
  record.sent = record.eta = record.received = record.started = record.ended = 0;
  record.is_sent = record.is_received = record.is_started = record.is_ended = record.is_lost =
      false;
  record.has_queue_wait = record.has_worker_wait = record.has_failure_runtime = false;
}

// The run of an event with `retries`, compared with the record's run.
enum class Run { kEarlier, kSame, kLater };

// Whether the present run is known to have ended before `when`. The end may be that of a later run
// than was heard of.
bool IsAfterEnd(const TaskRecord& record, double when) {
  return record.is_ended && IsBefore(record.ended, when);
}

// task-sent and task-received report how often the task was tried before.
Run RunOf(const TaskRecord& record, const CeleryEvent& event, double when) {
  if (!event.retries) return Run::kSame;
  if (!record.knows_retries) {
    const bool is_retry = *event.retries > 0 && IsBegun(record) && IsBefore(record.started, when);
    return is_retry ? Run::kLater : Run::kSame;
  }
  if (*event.retries < record.retries) return Run::kEarlier;
  if (*event.retries == record.retries) return Run::kSame;
  // The two times are of the same clock only by chance. An end by task-retried is not final: the
  // retry is sent before it.
  const bool has_final_end = record.is_ended && record.end != EventType::kTaskRetried;
  if (has_final_end) return IsAfterEnd(record, when) ? Run::kLater : Run::kSame;
  if (IsBegun(record) && IsBefore(when, record.started)) return Run::kSame;
  return Run::kLater;
}

void NoteRetries(TaskRecord& record, const CeleryEvent& event) {
  if (!event.retries) return;
  record.retries = static_cast<std::uint16_t>(std::clamp(*event.retries, 0.0, kMostRetries));
  record.knows_retries = true;
}

// Returns false if the event is of a run that is over.
bool JoinRun(TaskRecord& record, const CeleryEvent& event, double when, bool is_again) {
  const Run run = RunOf(record, event, when);
  if (run == Run::kEarlier) return false;
  if (run == Run::kLater || is_again) BeginRun(record);
  NoteRetries(record, event);
  const double eta = TimeOf(event.eta);
  // If two etas differ, the sender's is used: its clock is known.
  const bool is_better = event.type == EventType::kTaskSent || !record.is_sent || record.eta == 0;
  if (eta != 0 && is_better) record.eta = eta;
  return true;
}

// The clocks of a producer and of a worker differ, so whether the task was sent again follows from
// what was heard, not from the times.
void TellSent(TaskRecord& record, const CeleryEvent& event, double when) {
  const bool is_again = record.is_ended && record.is_sent && IsAfterEnd(record, when);
  if (!JoinRun(record, event, when, is_again)) return;
  if (!record.is_sent) record.sent = when;
  record.is_sent = true;
}

void TellReceived(TaskRecord& record, const CeleryEvent& event, double when) {
  const bool is_redelivered =
      record.is_received && IsBegun(record) && IsBefore(record.started, when);
  if (!JoinRun(record, event, when, IsAfterEnd(record, when) || is_redelivered)) return;
  record.received = std::max(record.received, when);
  record.is_received = true;
}

// A worker sends the retry, and by its clock the run before began earlier.
bool IsStartBeforeRetry(const TaskRecord& record, double when) {
  return record.retries > 0 && !record.is_received && IsBefore(when, record.sent);
}

void TellStarted(TaskRecord& record, double when) {
  if (IsBefore(when, record.received) || IsBefore(when, record.started)) return;
  if (IsStartBeforeRetry(record, when)) return;
  if (IsAfterEnd(record, when)) BeginRun(record);
  record.started = when;
  record.is_started = true;
}

bool IsOfEarlierRun(const TaskRecord& record, EventType end, double when) {
  if (record.is_started) return IsBefore(when, record.started);
  return end == EventType::kTaskRetried && record.knows_retries && record.retries > 0;
}

void TellEnd(TaskRecord& record, const CeleryEvent& event, double when) {
  if (record.is_ended ? !IsAfterEnd(record, when) : IsOfEarlierRun(record, event.type, when))
    return;
  record.ended = when;
  record.ended_by = ProcessOf(event);
  record.end = event.type;
  record.is_ended = true;
}

void TellStep(TaskRecord& record, const CeleryEvent& event, double when) {
  switch (event.type) {
    case EventType::kTaskSent:
      return TellSent(record, event, when);
    case EventType::kTaskReceived:
      return TellReceived(record, event, when);
    case EventType::kTaskStarted:
      return TellStarted(record, when);
    default:
      return TellEnd(record, event, when);
  }
}

bool IsFailureOrReject(EventType end) {
  return end == EventType::kTaskFailed || end == EventType::kTaskRejected;
}

// A run fails once, even if its worker reports it several times: Celery 5.7 reports a hard time
// limit and a Reject twice, and any version does so with a failure that is then rejected. Another
// worker's run may end after that with an earlier time, if its clock is behind.
bool IsSecondEnd(const TaskRecord& record, const CeleryEvent& event) {
  return IsFailureOrReject(record.end) && IsFailureOrReject(event.type) &&
         record.ended_by == ProcessOf(event);
}

}  // namespace

double TimeOf(std::optional<double> seconds) {
  return seconds && *seconds > 0 && *seconds < kLastTime ? *seconds : 0;
}

bool IsRepeated(const TaskRecord& record, const CeleryEvent& event) {
  const double when = TimeOf(event.timestamp);
  if (when == 0) return false;
  switch (event.type) {
    case EventType::kTaskSent:
      return record.is_sent && when == record.sent;
    case EventType::kTaskReceived:
      return record.is_received && when == record.received;
    case EventType::kTaskStarted:
      return record.is_started && when == record.started;
    default:
      return record.is_ended &&
             (IsSecondEnd(record, event) || (when == record.ended && event.type == record.end));
  }
}

void Tell(TaskRecord& record, const CeleryEvent& event) {
  const bool had_begun = IsBegun(record);
  TellStep(record, event, TimeOf(event.timestamp));
  // The task is there after all: the event is more than a late one of the same run.
  const bool goes_on = event.type == EventType::kTaskStarted || !had_begun || !IsBegun(record);
  if (goes_on) record.is_lost = false;
  const bool is_taken = event.type == EventType::kTaskReceived
                            ? record.is_received
                            : event.type == EventType::kTaskStarted && record.is_started;
  if (is_taken) record.process = ProcessOf(event);
}

void GiveBack(TaskRecord& record) {
  record.is_received = false;
  record.received = 0;
}

double WaitsSince(const TaskRecord& record) {
  return record.sent == 0 ? 0 : std::max(record.sent, record.eta);
}

}  // namespace collectors
