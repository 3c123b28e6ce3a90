#pragma once

#include <functional>
#include <string_view>

#include "collectors/celery/wire/event_decoder.h"
#include "exporter/seam/collector.h"

namespace collectors {

// The broker's stream of events, over a separate connection that only listens. It declares nothing
// that outlives the connection, and takes no events away from other listeners. One thread at a
// time.
class EventFeed {
 public:
  // `content_type`: as the broker reports it beside the message; empty if it does not.
  using Take = std::function<void(std::string_view message, std::string_view content_type)>;

  virtual ~EventFeed() = default;

  // Closes the connection if there is one, connects and subscribes, all by context.deadline. Throws
  // CollectError.
  virtual void Open(const exporter::CollectContext& context) = 0;

  // Waits for messages until context.deadline and hands over all that have come; it is not a
  // failure if there are none. Throws CollectError if the connection broke, or if the broker no
  // longer answers checks. A broker that hangs and a cut network are noticed within half a minute.
  // Call Open() then.
  virtual void Read(const exporter::CollectContext& context, const Take& take) = 0;

  // Everything that the broker had sent by this moment, on the current or the last connection, has
  // been handed over, and the broker was heard after it. What came later may be lost with the
  // connection.
  virtual exporter::SteadyTime caught_up() const = 0;

  // Returns for how long the broker may have dropped events before they were handed over, on a
  // connection that did not break, since the last call.
  virtual exporter::SteadyTime::duration TakeLoss() { return {}; }

  // How its messages are wrapped.
  virtual Wrapping wrapping() const = 0;
};

}  // namespace collectors
