#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace collectors {

// The types of Celery's events, those of tasks first. The names on the wire:
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

// The fields of an event that are counted. Texts are views, valid until the call that brought the
// event returns. Times are epoch seconds by the sender's clock, whatever its time zone. A field
// that the event does not have is empty or absent.
struct CeleryEvent {
  EventType type;
  std::string_view hostname;  // A worker's node name, "w1@host", or a sender's, "gen123@host".
  std::optional<double> timestamp;
  std::optional<double> pid;  // Of the process that sent it.
  std::string_view uuid;      // Of tasks.
  std::string_view name;   // Of task-sent and task-received; of task-failed if it is NotRegistered.
  std::string_view queue;  // Of task-sent.
  std::string_view exception;       // Of task-failed: the class, without its module.
  std::optional<double> eta;        // Of task-sent and task-received.
  std::optional<double> retries;    // Of task-sent and task-received: how often the task was tried
                                    // before.
  std::optional<double> runtime;    // Of task-succeeded, in seconds.
  std::optional<double> active;     // Of workers: tasks that run now.
  std::optional<double> processed;  // Of workers: tasks taken since its start.
  std::optional<double> freq;       // Of workers: seconds from one heartbeat to the next.
};

// Receives what a decoder finds in the messages of an event stream.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void OnEvent(const CeleryEvent& event) = 0;
  // An event of a type that is not counted: a custom one, or one of a later version.
  virtual void OnUnknownEvent() = 0;
  // A message, or one event of a batch, that is not valid.
  virtual void OnMalformedEvent() = 0;
  // A message in a format other than JSON, such as pickle. Its events are not read.
  virtual void OnForeignEvents(std::string_view /*content_type*/) { OnMalformedEvent(); }
};

}  // namespace collectors
