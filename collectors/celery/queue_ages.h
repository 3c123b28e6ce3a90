#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/celery/brokers/broker.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// How long the next task of a queue has waited, and how that is known.
struct QueueAge {
  double seconds;
  std::string_view source;  // "event": its task-sent event; "head": a lower bound, see below.
};

// A task's message carries no time. So its age is known from its task-sent event; or it is at least
// the time for which the same message has been next in its queue. Compares the heads of queues from
// reading to reading. One thread at a time.
class QueueAges {
 public:
  // When a task began to wait, by its events; epoch seconds.
  using WaitingSince = std::function<std::optional<double>(std::string_view uuid)>;
  // Since when the oldest of `waiting` tasks in the queue has waited, by events; epoch seconds.
  // Must be called for an empty queue too.
  using OldestWaiting =
      std::function<std::optional<double>(std::string_view queue, double waiting)>;

  // Returns the age of the oldest waiting task of the queue: 0 if no task waits, absent if it
  // cannot be known. `now` is for what was seen here, `epoch_now` for what events report.
  std::optional<QueueAge> AgeOf(const QueueReading& reading, const WaitingSince& waiting_since,
                                const OldestWaiting& oldest_waiting, exporter::SteadyTime now,
                                double epoch_now);
  // Forgets queues that are not among these.
  void Keep(const std::vector<std::string>& queues);

 private:
  struct Watched {
    std::string delivery_tag;
    exporter::SteadyTime since;
  };
  struct Queue {
    std::vector<Watched> heads;
    std::string_view source;  // Of the last returned age.
    // By events at the last reading: since when the first task waited, or the time of the reading
    // if the queue was empty.
    std::optional<double> oldest = {};
  };

  static std::optional<QueueAge> ByEvents(std::optional<double> since, Queue& queue,
                                          double epoch_now);
  static void Watch(const std::vector<QueueHead>& heads, exporter::SteadyTime now, Queue& queue);
  static std::optional<QueueAge> OldestHead(const QueueReading& reading, const Queue& queue,
                                            const WaitingSince& waiting_since,
                                            exporter::SteadyTime now, double epoch_now);

  std::map<std::string, Queue, std::less<>> queues_;
};

}  // namespace collectors
