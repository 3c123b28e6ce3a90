#include "collectors/celery/tasks/event_tally.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <ratio>
#include <utility>

#include "collectors/celery/tasks/label_table.h"
#include "collectors/celery/tasks/tally_families.h"
#include "collectors/celery/tasks/task_series.h"
#include "collectors/celery/tasks/task_story.h"
#include "collectors/celery/tasks/task_table.h"
#include "collectors/celery/tasks/waiting_queues.h"

namespace collectors {
namespace {

using exporter::SteadyTime;

constexpr std::size_t kMaxQueues = 1000;
constexpr std::size_t kMaxWorkers = 10000;
// A worker's event is held back for this long if the task's name or queue is not known yet: events
// of a producer and of a worker overtake each other.
constexpr Ticks kPatience = 2 * kTicksPerSecond;
// A task that ended is remembered for this long, so that its late events do not begin a new one.
constexpr Ticks kEndMemory = 60 * kTicksPerSecond;
constexpr std::size_t kLeastEndedTasks = 1000;
// This many received tasks without a task-sent event are not an accident.
constexpr std::uint64_t kUnannounced = 20;
constexpr double kMostAhead = 300;  // Seconds by which a sender's clock may be ahead of ours.
constexpr double kMostWaiting = 1e9;
constexpr std::uint8_t kMostHeld = 255;  // Of one type.

// A sender is labelled by its host: its process is new each time.
std::string_view HostOf(std::string_view sender) {
  const std::size_t at = sender.rfind('@');
  return at == std::string_view::npos ? sender : sender.substr(at + 1);
}

Ticks TicksOf(SteadyTime::duration duration) {
  using Sixteenths = std::chrono::duration<std::int64_t, std::ratio<1, kTicksPerSecond>>;
  const auto ticks = std::chrono::floor<Sixteenths>(duration).count();
  return static_cast<Ticks>(
      std::clamp<std::int64_t>(ticks, 0, std::numeric_limits<Ticks>::max() / 2));
}

}  // namespace

struct EventTally::State {
  explicit State(TallyOptions given);

  void Count(const CeleryEvent& event, SteadyTime now);
  // Forgets what is too old by now, and counts what was held back for long enough.
  void Advance(SteadyTime now);
  void WriteTasks(exporter::FamilySet& families) const;

  // A record is in the lists, the heap and the gauge from Enter() to Leave().
  void Enter(Slot slot);
  void Leave(Slot slot);
  void Remove(Slot slot);
  void Evict(std::uint64_t& evictions);
  void KeepBounds();
  void BeginToRun(const TaskRecord& record);
  void CeaseToRun(const TaskRecord& record);
  void End(const std::vector<EndedWork>& works);

  void Learn(TaskRecord& record, const CeleryEvent& event);
  void Hold(Slot slot, const CeleryEvent& event);
  void CountHeld(Slot slot);
  void CountSent(const TaskRecord& record, const CeleryEvent& event);
  void Observe(TaskRecord& record);

  // A task is not remembered for longer, so an earlier time is a clock error.
  double EarliestTime(double now) const {
    return now - std::chrono::duration<double>(options.task_retention).count();
  }
  bool IsHeld(const TaskRecord& record) const;
  TaskLabels LabelsOf(const TaskRecord& record) const;

  TallyOptions options;
  TaskLabelTables tables;
  TaskSeries series;
  TaskTable tasks;
  SlotList<&TaskRecord::age> living;  // The one without an event for the longest time first.
  SlotList<&TaskRecord::age> ended;
  SlotList<&TaskRecord::pending_age> held;
  WaitingQueues waiting;
  std::vector<std::optional<std::uint32_t>> in_progress;  // By name; absent before the first task
                                                          // of that name runs.
  std::map<std::string, Label, std::less<>> worker_queues;
  std::optional<SteadyTime> began;
  Ticks ticks = 0;
  std::uint64_t evicted_by_count = 0;
  std::uint64_t evicted_by_age = 0;
  std::uint64_t evicted_by_worker = 0;
  bool heard_sent = false;
  std::uint64_t received = 0;  // Counted until a task-sent event comes.
};

EventTally::State::State(TallyOptions given)
    : options(std::move(given)),
      tables{LabelTable(TaskSeries::MostOf(options.max_counters)), LabelTable(kMaxQueues),
             LabelTable(TaskSeries::MostOf(options.max_counters))},
      series({options.max_counters, options.max_histograms, options.max_exceptions},
             {options.runtime_buckets, options.wait_buckets}) {}

bool EventTally::State::IsHeld(const TaskRecord& record) const {
  return std::any_of(record.pending.begin(), record.pending.end(),
                     [](std::uint8_t count) { return count > 0; });
}

TaskLabels EventTally::State::LabelsOf(const TaskRecord& record) const {
  const Label queue = record.queue != kNoLabel ? record.queue : record.worker_queue;
  const auto known = [](Label label) { return label == kNoLabel ? kUnknownLabel : label; };
  return {known(record.name), known(queue), record.worker};
}

void EventTally::State::Enter(Slot slot) {
  TaskRecord& record = tasks[slot];
  record.touched = ticks;
  (record.is_ended ? ended : living).PushBack(tasks, slot);
  if (IsRunning(record)) BeginToRun(record);
  if (IsWaiting(record) && WaitsSince(record) != 0) waiting.Insert(tasks, slot);
}

void EventTally::State::Leave(Slot slot) {
  const TaskRecord& record = tasks[slot];
  (record.is_ended ? ended : living).Erase(tasks, slot);
  if (IsRunning(record)) CeaseToRun(record);
  if (IsWaiting(record) && WaitsSince(record) != 0) waiting.Erase(tasks, slot);
}

void EventTally::State::BeginToRun(const TaskRecord& record) {
  const Label name = ShownLabel(record.name);
  if (in_progress.size() <= name) in_progress.resize(name + 1U);
  in_progress[name] = in_progress[name].value_or(0) + 1;
}

void EventTally::State::CeaseToRun(const TaskRecord& record) {
  --*in_progress[ShownLabel(record.name)];
}

// A task that ran is kept for events that may still come, but no longer counts. A task that had not
// begun waits again.
void EventTally::State::End(const std::vector<EndedWork>& works) {
  if (!began || works.empty()) return;
  std::map<std::pair<ProcessKey, Over>, Ticks> before;
  for (const EndedWork& work : works) {
    Ticks& last = before[{work.process, work.what}];
    last = std::max(last, TicksOf(work.before - *began));
  }
  const auto is_over = [&](const TaskRecord& record, Over what) {
    const auto found = before.find({record.process, what});
    return found != before.end() && record.touched < found->second;
  };
  for (Slot slot = living.front(); slot != kNoSlot; slot = tasks[slot].age.after) {
    TaskRecord& record = tasks[slot];
    if (IsRunning(record)) {
      if (!is_over(record, Over::kRunning) && !is_over(record, Over::kAll)) continue;
      CeaseToRun(record);
      record.is_lost = true;
      ++evicted_by_worker;
    } else if (IsHeldBack(record) && is_over(record, Over::kAll)) {
      GiveBack(record);
      if (IsWaiting(record) && WaitsSince(record) != 0) waiting.Insert(tasks, slot);
    }
  }
}

void EventTally::State::Remove(Slot slot) {
  if (IsHeld(tasks[slot])) CountHeld(slot);
  Leave(slot);
  tasks.Remove(slot);
}

void EventTally::State::Evict(std::uint64_t& evictions) {
  const TaskRecord& record = tasks[living.front()];
  if (IsWaiting(record)) waiting.GivenUp(record.queue);
  Remove(living.front());
  ++evictions;
}

void EventTally::State::KeepBounds() {
  if (living.size() > options.max_tasks) Evict(evicted_by_count);
  if (ended.size() > std::max(options.max_tasks / 4, kLeastEndedTasks)) Remove(ended.front());
}

void EventTally::State::Advance(SteadyTime now) {
  if (!began) began = now;
  ticks = std::max(ticks, TicksOf(now - *began));
  while (held.front() != kNoSlot && tasks[held.front()].pending_since + kPatience <= ticks)
    CountHeld(held.front());
  const Ticks retention = TicksOf(options.task_retention);
  while (living.front() != kNoSlot && tasks[living.front()].touched + retention < ticks)
    Evict(evicted_by_age);
  while (ended.front() != kNoSlot && tasks[ended.front()].touched + kEndMemory < ticks)
    Remove(ended.front());
}

void EventTally::State::Learn(TaskRecord& record, const CeleryEvent& event) {
  // A failure takes the name from its exception; other events know it better.
  const bool is_better = event.type != EventType::kTaskFailed || record.name == kNoLabel;
  if (!event.name.empty() && is_better) record.name = tables.names.Intern(event.name);
  if (event.type == EventType::kTaskSent) {
    if (event.queue.empty()) return;
    record.queue = tables.queues.Intern(event.queue);
    if (record.queue != kFoldedLabel) waiting.Name(record.queue, ticks);
    return;
  }
  if (record.queue != kNoLabel) return;
  const auto found = worker_queues.find(event.hostname);
  record.worker_queue = found == worker_queues.end() ? kNoLabel : found->second;
}

void EventTally::State::CountSent(const TaskRecord& record, const CeleryEvent& event) {
  TaskLabels labels = LabelsOf(record);
  labels.worker =
      options.worker_label ? tables.workers.Intern(HostOf(event.hostname)) : kUnknownLabel;
  series.Count(labels, EventType::kTaskSent, 1);
}

void EventTally::State::Hold(Slot slot, const CeleryEvent& event) {
  TaskRecord& record = tasks[slot];
  const Label worker = options.worker_label ? tables.workers.Intern(event.hostname) : kUnknownLabel;
  const bool is_failure = event.type == EventType::kTaskFailed;
  const Label exception = is_failure ? series.InternException(event.exception) : kNoLabel;
  const std::uint8_t count = record.pending[static_cast<std::size_t>(event.type)];
  // A record can hold one worker, one exception and one runtime.
  const bool is_alike =
      is_failure ? exception == record.exception : event.type != EventType::kTaskSucceeded;
  const bool has_room = record.worker == worker && (count == 0 || (is_alike && count < kMostHeld));
  if (!has_room && IsHeld(record)) CountHeld(slot);
  if (!IsHeld(record)) {
    record.pending_since = ticks;
    held.PushBack(tasks, slot);
  }
  record.worker = worker;
  ++record.pending[static_cast<std::size_t>(event.type)];
  if (is_failure) record.exception = exception;
  if (event.type == EventType::kTaskSucceeded) record.runtime = event.runtime.value_or(-1);
}

void EventTally::State::CountHeld(Slot slot) {
  TaskRecord& record = tasks[slot];
  const TaskLabels labels = LabelsOf(record);
  for (std::size_t type = 0; type < kTaskEventTypes; ++type) {
    if (record.pending[type] > 0)
      series.Count(labels, static_cast<EventType>(type), record.pending[type], record.exception);
  }
  if (record.runtime >= 0) series.Observe(labels, TaskDuration::kRuntime, record.runtime);
  record.pending = {};
  record.runtime = -1;
  held.Erase(tasks, slot);
  Observe(record);
}

// Observes each duration once a run, as soon as both of its times are known.
void EventTally::State::Observe(TaskRecord& record) {
  if (record.started == 0) return;
  const auto observe = [&](TaskDuration duration, double begin, double end) {
    series.Observe(LabelsOf(record), duration, end - begin);
  };
  if (!record.has_queue_wait && record.sent != 0) {
    record.has_queue_wait = true;
    observe(TaskDuration::kQueueWait, WaitsSince(record), record.started);
  }
  if (!record.has_worker_wait && record.received != 0) {
    record.has_worker_wait = true;
    observe(TaskDuration::kWorkerWait, std::max(record.received, record.eta), record.started);
  }
  if (!record.has_failure_runtime && record.ended != 0 && record.end == EventType::kTaskFailed) {
    record.has_failure_runtime = true;
    observe(TaskDuration::kFailureRuntime, record.started, record.ended);
  }
}

void EventTally::State::Count(const CeleryEvent& event, SteadyTime now) {
  Advance(now);
  if (!IsTaskEvent(event.type)) return;
  const std::size_t before = tasks.size();
  const Slot slot = tasks.FindOrAdd(TaskIdOf(event.uuid));
  TaskRecord& record = tasks[slot];
  const bool is_new = tasks.size() > before;
  if (!is_new && IsRepeated(record, event)) return;
  const bool waited = IsWaiting(record);
  if (!is_new) Leave(slot);
  Learn(record, event);
  Tell(record, event);
  if (waited && (record.is_received || record.is_started)) waiting.Taken(record.queue);
  heard_sent |= event.type == EventType::kTaskSent;
  if (!heard_sent && event.type == EventType::kTaskReceived) ++received;
  if (event.type == EventType::kTaskSent)
    CountSent(record, event);
  else
    Hold(slot, event);
  const TaskLabels labels = LabelsOf(record);
  const bool knows_labels = labels.name != kUnknownLabel && labels.queue != kUnknownLabel;
  if (knows_labels && IsHeld(record)) CountHeld(slot);
  if (!IsHeld(record)) Observe(record);
  Enter(slot);
  KeepBounds();
}

void EventTally::State::WriteTasks(exporter::FamilySet& families) const {
  auto& family = families.Gauge(
      "celery_tasks_in_progress",
      "Tasks that were started and have not ended, of workers that are there, by events.");
  for (std::size_t name = 0; name < in_progress.size(); ++name) {
    if (in_progress[name])
      family.Add({{"name", tables.names.Text(static_cast<Label>(name))}}, *in_progress[name]);
  }
  OpenTracked(families).Add(static_cast<double>(living.size()));
  OpenEvicted(families)
      .Add({{"reason", "count"}}, static_cast<double>(evicted_by_count))
      .Add({{"reason", "age"}}, static_cast<double>(evicted_by_age))
      .Add({{"reason", "worker"}}, static_cast<double>(evicted_by_worker));
}

EventTally::EventTally(TallyOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}
EventTally::~EventTally() = default;

void EventTally::Count(const CeleryEvent& event, SteadyTime now) { state_->Count(event, now); }

void EventTally::End(const std::vector<EndedWork>& ended) { state_->End(ended); }

void EventTally::SetWorkerQueue(std::string_view hostname, std::string_view queue) {
  auto& queues = state_->worker_queues;
  if (queue.empty()) {
    if (const auto found = queues.find(hostname); found != queues.end()) queues.erase(found);
    return;
  }
  const Label label = state_->tables.queues.Intern(queue);
  if (label == kFoldedLabel) return;
  // Drops workers that are gone; the others are set again in the next run.
  if (queues.size() >= kMaxWorkers && !queues.contains(hostname)) queues.clear();
  queues.insert_or_assign(std::string(hostname), label);
}

std::optional<double> EventTally::WaitingSince(std::string_view uuid, double now) const {
  const Slot slot = state_->tasks.Find(TaskIdOf(uuid));
  if (slot == kNoSlot) return std::nullopt;
  const double since = WaitsSince(state_->tasks[slot]);
  const bool is_time = since >= state_->EarliestTime(now) && since <= now + kMostAhead;
  return is_time ? std::optional(since) : std::nullopt;
}

std::optional<double> EventTally::OldestWaiting(std::string_view queue, double waiting,
                                                SteadyTime now, double epoch_now) {
  state_->Advance(now);
  const auto label = waiting == 0 ? std::optional(state_->tables.queues.InternSparing(queue))
                                  : state_->tables.queues.Find(queue);
  if (!label || label == kFoldedLabel || !(waiting >= 0 && waiting <= kMostWaiting))
    return std::nullopt;
  return state_->waiting.Oldest(state_->tasks, *label, static_cast<std::size_t>(waiting),
                                state_->ticks, {state_->EarliestTime(epoch_now), epoch_now});
}

std::vector<std::string> EventTally::Queues() const {
  std::vector<std::string> queues;
  for (const Label label : state_->waiting.Present(state_->ticks))
    queues.push_back(state_->tables.queues.Text(label));
  std::sort(queues.begin(), queues.end());
  return queues;
}

void EventTally::Missed() { state_->waiting.Missed(state_->tasks); }

void EventTally::SetQueueOrder(std::string_view queue, bool is_in_order) {
  // Workers may serve private queues that come and go, and that no task ever names.
  const Label label = state_->tables.queues.InternSparing(queue);
  if (label != kFoldedLabel) state_->waiting.SetOrder(label, is_in_order);
}

bool EventTally::IsOvertaken(std::string_view queue) const {
  const auto label = state_->tables.queues.Find(queue);
  return label && state_->waiting.IsOvertaken(*label, state_->ticks);
}

bool EventTally::HearsNoSender() const {
  return !state_->heard_sent && state_->received >= kUnannounced;
}

bool EventTally::IsFull() const { return state_->series.IsFull(); }

void EventTally::Open(exporter::FamilySet& families) {
  OpenTracked(families);
  OpenEvicted(families);
  TaskSeries::OpenFolded(families);
}

void EventTally::Write(exporter::FamilySet& families, SteadyTime now) {
  state_->Advance(now);
  state_->series.Write(state_->tables, state_->options.worker_label, families);
  state_->WriteTasks(families);
}

}  // namespace collectors
