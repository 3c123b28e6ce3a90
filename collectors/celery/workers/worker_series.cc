// The families of a WorkerTable.

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "collectors/celery/workers/queue_depth.h"
#include "collectors/celery/workers/worker_table.h"

namespace collectors {
namespace {

using exporter::FamilySet;
using exporter::Labels;
using exporter::SteadyTime;
using Tasks = std::optional<std::vector<WorkerReply::HeldTask>>;

struct Fact {
  std::string_view name;
  std::string_view help;
  std::optional<double> WorkerReply::*value;
};

constexpr Fact kFacts[] = {
    {"celery_worker_slots",
     "Tasks that the worker can run at a time, by its reply to a control call.",
     &WorkerReply::slots},
    {"celery_worker_prefetch_count",
     "Tasks that the worker takes from the broker at most before it has done some; it grows by one "
     "for each task that it holds until its time.",
     &WorkerReply::prefetch_count},
    {"celery_worker_uptime_seconds", "Age of the worker when it last replied to a control call.",
     &WorkerReply::uptime_seconds},
};

double Seconds(SteadyTime::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// `epoch` is by the worker's clock.
double LongestTask(const std::vector<WorkerReply::HeldTask>& active, double epoch) {
  double longest = 0;
  for (const auto& task : active) {
    if (task.time_start) longest = std::max(longest, epoch - *task.time_start);
  }
  return longest;
}

void WriteLife(const Labels& labels, const Worker& worker, bool is_up, FamilySet& families) {
  families
      .Gauge("celery_worker_up",
             "1 if the worker was heard within worker_timeout, 0 if not, or if it said that it "
             "goes; absent while the stream of events is down for longer.")
      .Add(labels, is_up ? 1 : 0);
  if (!worker.active()) return;
  families.Gauge("celery_worker_tasks_active", "Tasks that run in the worker, by its heartbeats.")
      .Add(labels, is_up ? *worker.active() : 0);
}

// What heartbeats report over the worker's life.
void WriteBeats(const Labels& labels, const Worker& worker, FamilySet& families) {
  if (worker.processed()) {
    families
        .Counter("celery_worker_tasks_processed_total",
                 "Tasks that the worker has taken, by its heartbeats, over its restarts.")
        .Add(labels, *worker.processed());
  }
  if (const auto sends = worker.SendsTaskEvents()) {
    families
        .Gauge("celery_worker_sends_task_events",
               "1 if task events of the worker have come, 0 if it takes tasks and tells of none: "
               "set worker_send_task_events = True or start it with -E; absent until known.")
        .Add(labels, *sends ? 1 : 0);
  }
}

void WriteClock(const Labels& labels, const WorkerClock& clock, FamilySet& families) {
  if (!clock.lead()) return;
  families
      .Gauge("celery_worker_clock_offset_seconds",
             "Seconds by which the worker's clock is ahead of the exporter's, negative if it is "
             "behind, by heartbeats. From 5 s on, times of its events are corrected by it.")
      .Add(labels, *clock.lead());
}

void WriteFacts(const Labels& labels, const WorkerReply& facts, FamilySet& families) {
  for (const Fact& fact : kFacts) {
    const auto& value = facts.*fact.value;
    if (value) families.Gauge(fact.name, fact.help).Add(labels, *value);
  }
}

void WriteActive(const Labels& labels, const WorkerReply& facts, double reply_epoch,
                 FamilySet& families) {
  if (!facts.active) return;
  families
      .Gauge("celery_worker_slots_busy",
             "Tasks that ran in the worker when it last replied to a control call; absent where it "
             "did not reply to the last one.")
      .Add(labels, static_cast<double>(facts.active->size()));
  families
      .Gauge(
          "celery_worker_longest_task_seconds",
          "How long the longest of the tasks had run that ran in the worker when it last replied "
          "to a control call; 0 where none did, absent where it did not reply to the last one.")
      .Add(labels, LongestTask(*facts.active, reply_epoch));
}

// A task of a direct exchange has its queue's name as routing key. Another task is of the worker's
// queue, if it serves only one.
const std::string* QueueOf(const WorkerReply::HeldTask& task,
                           const std::vector<std::string>& served) {
  const auto named = std::find(served.begin(), served.end(), task.queue);
  if (named != served.end()) return &*named;
  return served.size() == 1 ? &served.front() : nullptr;
}

}  // namespace

void WorkerTable::Write(const std::vector<std::string>& queues, bool broker_knows_scheduled,
                        FamilySet& families, const ReadTime& now) {
  ForgetGone(now.steady);
  Services services;
  for (const std::string& queue : queues) services[queue];
  for (const auto& [queue, expected] : options_.expected) services[queue];
  for (const auto& [hostname, worker] : workers_) {
    WriteWorker(hostname, worker, families, now);
    AddServices(worker, now.steady, services);
    AddHeld(worker, now.steady, services);
  }
  // If no worker ever replied, those that are there may serve any queue.
  const bool known = round_ && !unheard_ && !reach_.misses_some &&
                     (answered_ || workers_.empty()) && !HasStranger(now.steady);
  for (const auto& [queue, service] : services) {
    WriteQueue(queue, service, known, broker_knows_scheduled, families);
  }
}

void WorkerTable::WriteWorker(const std::string& hostname, const Worker& worker,
                              FamilySet& families, const ReadTime& now) const {
  const Labels labels = {{"hostname", hostname}};
  const Life life = worker.LifeAt(now.steady, deaf_, silence());
  if (life != Life::kUnknown) WriteLife(labels, worker, life == Life::kUp, families);
  families
      .Gauge("celery_worker_last_seen_timestamp_seconds",
             "When the worker was last heard, in seconds since the epoch, by the exporter's clock.")
      .Add(labels, now.epoch - Seconds(now.steady - worker.last_heard()));
  WriteBeats(labels, worker, families);
  WriteClock(labels, worker.clock(), families);
  if (!worker.last_reply()) return;
  const double reply_epoch = now.epoch - Seconds(now.steady - *worker.last_reply());
  families
      .Gauge("celery_worker_last_reply_timestamp_seconds",
             "When the worker last replied to a control call, in seconds since the epoch, by the "
             "exporter's clock.")
      .Add(labels, reply_epoch);
  const WorkerReply* const facts = worker.Facts(silence());
  if (life != Life::kUp || facts == nullptr) return;
  WriteFacts(labels, *facts, families);
  if (worker.HasReplied(round_, now.steady, silence()))
    WriteActive(labels, *facts, reply_epoch + worker.clock().shift(), families);
}

// Adds the queues that a worker serves, by its last reply, unless it is down.
void WorkerTable::AddServices(const Worker& worker, SteadyTime now, Services& services) const {
  const Life life = worker.LifeAt(now, deaf_, silence());
  const auto& served = worker.last_facts().queues;
  if (life == Life::kDown || !served) return;
  const WorkerReply* const facts = life == Life::kUp ? worker.Facts(silence()) : nullptr;
  std::optional<double> slots;
  if (facts != nullptr) slots = facts->slots ? facts->slots : facts->processes;
  for (const std::string& queue : *served) {
    const auto found = services.find(queue);
    if (found == services.end()) continue;
    Service& service = found->second;
    service.workers += facts == nullptr ? 0 : 1;
    service.slots += slots.value_or(0);
    service.misses_workers |= facts == nullptr;
    service.misses_slots |= !slots;
  }
}

// A worker that does not answer may hold tasks, until its series go or it announces its shutdown.
void WorkerTable::AddHeld(const Worker& worker, SteadyTime now, Services& services) const {
  const auto& served = worker.last_facts().queues;
  if (worker.is_offline() || !served) return;
  const bool is_known = worker.LifeAt(now, deaf_, silence()) == Life::kUp &&
                        worker.HasReplied(round_, now, silence());
  const WorkerReply* const known = is_known ? &worker.last_facts() : nullptr;
  for (const std::string& queue : *served) {
    const auto found = services.find(queue);
    if (found == services.end()) continue;
    found->second.misses_active |= known == nullptr || !known->active;
    found->second.misses_reserved |= known == nullptr || !known->reserved;
    found->second.misses_scheduled |= known == nullptr || !known->scheduled;
  }
  if (known == nullptr) return;
  const auto add = [&](const Tasks& tasks, double Service::*sum) {
    if (!tasks) return;
    for (const auto& task : *tasks) {
      const std::string* const queue = QueueOf(task, *served);
      const auto found = queue == nullptr ? services.end() : services.find(*queue);
      if (found != services.end()) found->second.*sum += 1;
    }
  };
  add(known->active, &Service::active);
  add(known->reserved, &Service::reserved);
  add(known->scheduled, &Service::scheduled);
}

void WorkerTable::WriteQueue(const std::string& queue, const Service& service, bool known,
                             bool broker_knows_scheduled, FamilySet& families) const {
  const Labels labels = {{"queue_name", queue}};
  const auto expected = options_.expected.find(queue);
  const bool is_expected = expected != options_.expected.end();
  if (is_expected) {
    families
        .Gauge("celery_queue_expected_workers",
               "Workers that the configuration wants for the queue.")
        .Add(labels, expected->second);
  }
  if (!known) return;
  if (!service.misses_workers) {
    families
        .Gauge("celery_active_worker_count",
               "Workers that are up and serve the queue, by their replies to control calls; absent "
               "before the first of these, and while one of them does not reply. Asked every "
               "control_interval, and when a worker comes.")
        .Add(labels, service.workers);
  }
  if (!service.misses_slots) {
    families
        .Gauge("celery_active_process_count",
               "Tasks that the workers that are up and serve the queue can run at a time; absent "
               "while one of them has not told its number.")
        .Add(labels, service.slots);
  }
  if (!service.misses_active) AddDepth(queue, "active", service.active, families);
  if (!service.misses_reserved) AddDepth(queue, "reserved", service.reserved, families);
  if (!broker_knows_scheduled && !service.misses_scheduled) {
    AddDepth(queue, "scheduled", service.scheduled, families);
  }
}

}  // namespace collectors
