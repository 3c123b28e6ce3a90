#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "collectors/celery/brokers/event_feed.h"
#include "exporter/seam/deadline.h"
#include "exporter/seam/mutex.h"
#include "exporter/seam/watchdog.h"

namespace collectors {

// The state of the stream of events.
struct StreamHealth {
  bool up = false;                // Subscribed, the connection works, and events are read.
  std::uint64_t connections = 0;  // Since the start.
  // Time in which events may have been missed. A broken connection counts from when it was last
  // known that nothing was missed. Also counts while the broker may have dropped unread events, and
  // while there are events that are not JSON.
  double down_seconds = 0;
  double foreign_seconds = 0;  // The part of it in which only events that are not JSON were missed.
  // When they began to come, after none for ten minutes.
  exporter::SteadyTime foreign_since = {};
  std::uint64_t losses = 0;          // How often the broker may have dropped unread events.
  std::optional<double> last_event;  // Epoch seconds, by our clock.
  std::uint64_t malformed = 0;
  std::uint64_t unknown = 0;
  std::string foreign_type = {};  // Of events of the last minute that were not JSON.
  std::optional<exporter::CollectError> problem;  // Why it is not up.
  // While up: nothing sent before this can have been missed, and the broker was heard after it.
  exporter::SteadyTime caught_up = {};
};

// Waits between two attempts to open a feed. Each failure doubles the wait. After a connection that
// was good for longer than `longest`, it is `first` again.
struct ListenerWaits {
  std::chrono::milliseconds first{1000};
  std::chrono::milliseconds longest{30000};
  // If the exchange does not exist yet (kMissing), a dozen times; then `longest`.
  std::chrono::milliseconds missing{5000};
};

// Listens on a separate thread from construction to destruction: opens the feed, reads it
// continuously, decodes messages and hands the events on. After a failure it opens the feed again,
// with a growing wait. The thread never ends by itself.
class EventListener {
 public:
  // `take` is called for each event on the listener's thread, while the listener holds no lock.
  // `watchdog` must outlive the listener.
  using Take = std::function<void(const CeleryEvent& event, exporter::SteadyTime now)>;

  EventListener(std::unique_ptr<EventFeed> feed, std::chrono::milliseconds connect_timeout,
                exporter::Watchdog& watchdog, Take take, ListenerWaits waits = {});
  // Ends the thread within a fraction of a second. While the thread opens the feed, that takes
  // until the watchdog ends all waits or connect_timeout is over.
  ~EventListener();
  EventListener(const EventListener&) = delete;
  EventListener& operator=(const EventListener&) = delete;

  StreamHealth health() const;
  // Waits until the stream is up or has failed for the first time, at most until the deadline.
  void AwaitOutcome(exporter::Deadline deadline) const;
  // If the listener waits for its next attempt, it tries now: the broker is known to answer again.
  void TryNow();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace collectors
