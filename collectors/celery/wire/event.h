#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace collectors {

// What Celery's events tell of; the task ones first. The names on the wire:
// https://docs.celeryq.dev/en/stable/userguide/monitoring.html#event-reference
enum class EventType {
  kTaskSent,
  kTaskReceived,
  kTaskStarted,
  kTaskSucceeded,
  kTaskFailed,
  kTaskRejected,
  kTaskRevoked,
  kTaskRetried,
  kWorkerOnline,
  kWorkerHeartbeat,
  kWorkerOffline,
};
inline constexpr std::size_t kTaskEventTypes = 8;
inline constexpr std::size_t kEventTypes = 11;

constexpr bool IsTaskEvent(EventType type) { return type <= EventType::kTaskRetried; }

// One event, as much of it as is counted. Its texts are views, good until the
// call that brought it returns. Times are epoch seconds by the sender's clock,
// whatever its time zone. What an event does not have is empty or absent.
struct CeleryEvent {
  EventType type;
  std::string_view hostname;  // Of a worker its node name, "w1@host"; of a sender "gen123@host".
  std::optional<double> timestamp;
  std::optional<double> pid;  // Of the process that sent it.
  std::string_view uuid;      // Of tasks.
  std::string_view name;   // Of task-sent and task-received, and of task-failed by NotRegistered.
  std::string_view queue;  // Of task-sent.
  std::string_view exception;       // Of task-failed: the class, without its module.
  std::optional<double> eta;        // Of task-sent and task-received.
  std::optional<double> retries;    // Of the same: how often the task was tried before.
  std::optional<double> runtime;    // Of task-succeeded, in seconds.
  std::optional<double> active;     // Of workers: tasks that run now.
  std::optional<double> processed;  // Of workers: tasks taken since its start.
  std::optional<double> freq;       // Of workers: seconds from one heartbeat to the next.
};

// Takes what a decoder finds in the messages of an event stream.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void OnEvent(const CeleryEvent& event) = 0;
  // An event of a type that is not counted: custom ones, those of later versions.
  virtual void OnUnknownEvent() = 0;
  // A message, or one event of a batch, that is none.
  virtual void OnMalformedEvent() = 0;
  // A message in another format than JSON, as pickle: none of its events is read.
  virtual void OnForeignEvents(std::string_view /*content_type*/) { OnMalformedEvent(); }
};

}  // namespace collectors
