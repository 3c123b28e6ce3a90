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

// How the stream of events is doing.
struct StreamHealth {
  bool up = false;                // Subscribed, the connection is good, and what comes is read.
  std::uint64_t connections = 0;  // Since the start.
  // In which events may have passed unheard: of a connection that broke from when it was last
  // known that none was missed; also while the broker may have dropped them unread, and while
  // there are events that are not JSON.
  double down_seconds = 0;
  double foreign_seconds = 0;  // The part of it in which nothing but those events passed unread.
  // When they began to come, after none had come for ten minutes.
  exporter::SteadyTime foreign_since = {};
  std::uint64_t losses = 0;          // How often the broker may have dropped events unread.
  std::optional<double> last_event;  // Epoch seconds, by our clock.
  std::uint64_t malformed = 0;
  std::uint64_t unknown = 0;
  std::string foreign_type = {};  // Of events of the last minute that were not JSON.
  std::optional<exporter::CollectError> problem;  // Why it is not up.
  // Where it is up: until when nothing can have been missed, and the broker was heard after.
  exporter::SteadyTime caught_up = {};
};

// Between two attempts to open a feed: twice as long after each failure, and the
// first again after one that was good for as long as the longest.
struct ListenerWaits {
  std::chrono::milliseconds first{1000};
  std::chrono::milliseconds longest{30000};
  // For what nobody has made yet (kMissing), a dozen times; then the longest.
  std::chrono::milliseconds missing{5000};
};

// Listens on a thread of its own from construction to destruction: opens the feed,
// drains it without end, decodes what comes and hands it on, and after a failure
// opens it again with a growing wait. It never ends by itself.
class EventListener {
 public:
  // `take` is called for each event from the listener's thread, under no lock of
  // the listener's; `watchdog` must outlive it.
  using Take = std::function<void(const CeleryEvent& event, exporter::SteadyTime now)>;

  EventListener(std::unique_ptr<EventFeed> feed, std::chrono::milliseconds connect_timeout,
                exporter::Watchdog& watchdog, Take take, ListenerWaits waits = {});
  // Ends the thread within a fraction of a second; while it opens the feed, when the
  // watchdog lets nothing wait any more or connect_timeout is over.
  ~EventListener();
  EventListener(const EventListener&) = delete;
  EventListener& operator=(const EventListener&) = delete;

  StreamHealth health() const;
  // Waits until the stream is up or has failed to be, for a first time; the deadline at most.
  void AwaitOutcome(exporter::Deadline deadline) const;
  // Tries again now, where it waits to: the broker is known to answer again.
  void TryNow();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace collectors
