#include "collectors/celery/celery_reading.h"

#include <string>
#include <string_view>

#include "collectors/celery/workers/queue_depth.h"
#include "collectors/shared/queue_families.h"

namespace collectors {
namespace {

using exporter::FamilySet;
using prometheus::MetricType;

template <typename Source>
struct Row {
  std::string_view name;
  MetricType type;
  std::string_view help;
  std::optional<double> (*value)(const Source& source);
};

constexpr Row<BrokerReading> kBrokerRows[] = {
    {"celery_unacked_tasks", MetricType::Gauge,
     "Tasks delivered to workers and not acknowledged, of all queues.",
     [](const BrokerReading& broker) { return broker.unacked; }},
    {"celery_unacked_oldest_age_seconds", MetricType::Gauge,
     "How long ago the task was delivered that is unacknowledged for the longest, also one that a "
     "worker holds until its time: alert on celery_unacked_overdue_tasks. 0 where none is.",
     [](const BrokerReading& broker) { return broker.oldest_unacked_age_seconds; }},
    {"celery_unacked_overdue_tasks", MetricType::Gauge,
     "Tasks unacknowledged for longer than the visibility timeout: no worker gives them back.",
     [](const BrokerReading& broker) { return broker.overdue; }},
};

std::optional<double> Count(std::uint64_t count) { return static_cast<double>(count); }

constexpr Row<StreamHealth> kStreamRows[] = {
    {"celery_event_stream_up", MetricType::Gauge,
     "1 while events of workers and tasks are listened to, 0 while they may pass unheard: there is "
     "no connection, it is silent while the broker does not answer, or there are events that are "
     "not JSON.",
     [](const StreamHealth& health) -> std::optional<double> { return health.up ? 1 : 0; }},
    {"celery_event_stream_connections_total", MetricType::Counter,
     "How often the stream of events was connected.",
     [](const StreamHealth& health) { return Count(health.connections); }},
    {"celery_event_stream_down_seconds_total", MetricType::Counter,
     "Seconds in which events may have passed unheard; a lost connection counts from when it was "
     "last known that nothing was missed. Also while the broker may have dropped events before "
     "they were read, and while there are events that are not JSON.",
     [](const StreamHealth& health) -> std::optional<double> { return health.down_seconds; }},
    {"celery_event_stream_last_event_timestamp_seconds", MetricType::Gauge,
     "When the last event came, in seconds since the epoch, by the exporter's clock.",
     [](const StreamHealth& health) { return health.last_event; }},
    {"celery_events_malformed_total", MetricType::Counter, "Messages that are no event of Celery.",
     [](const StreamHealth& health) { return Count(health.malformed); }},
    {"celery_events_unknown_total", MetricType::Counter,
     "Events of a type that is not counted, as an application's own.",
     [](const StreamHealth& health) { return Count(health.unknown); }},
};

template <typename Source, std::size_t kRows>
void AddRows(const Row<Source> (&rows)[kRows], const Source& source, FamilySet& families) {
  for (const auto& row : rows) {
    const auto value = row.value(source);
    if (value) families.Open(row.type, row.name, row.help).Add(*value);
  }
}

void AddAge(const std::string& queue, const QueueAge& age, FamilySet& families) {
  families.Gauge("queue_oldest_age_seconds", kQueueOldestAgeHelp)
      .Add({{"queue", queue}, {"system", "celery"}}, age.seconds);
  families
      .Gauge("celery_queue_oldest_task_age_seconds",
             "How long the oldest due task has waited: by its event task-sent, or, with the source "
             "head, for how long at least: as long as the exporter, since its start, has seen the "
             "same task next in the queue.")
      .Add({{"queue_name", queue}, {"source", std::string(age.source)}}, age.seconds);
}

}  // namespace

void AddQueue(const QueueReading& queue, const std::optional<QueueAge>& age, FamilySet& families) {
  const exporter::Labels labels = {{"queue_name", queue.name}};
  if (queue.waiting) {
    families.Gauge("celery_queue_length", "Tasks that wait in the queue, of all priorities.")
        .Add(labels, *queue.waiting);
    AddDepth(queue.name, "waiting", *queue.waiting, families);
  }
  if (queue.unacked) AddDepth(queue.name, "unacked", *queue.unacked, families);
  if (queue.scheduled) AddDepth(queue.name, "scheduled", *queue.scheduled, families);
  if (queue.consumers) {
    families.Gauge("celery_active_consumer_count", "Consumers that the broker knows of the queue.")
        .Add(labels, *queue.consumers);
  }
  if (age) AddAge(queue.name, *age, families);
}

void AddBroker(const BrokerReading& broker, FamilySet& families) {
  AddRows(kBrokerRows, broker, families);
}

void OpenStream(FamilySet& families) {
  for (const auto& row : kStreamRows) families.Open(row.type, row.name, row.help);
}

void AddStream(const StreamHealth& health, FamilySet& families) {
  AddRows(kStreamRows, health, families);
}

}  // namespace collectors
