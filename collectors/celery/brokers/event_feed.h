#pragma once

#include <functional>
#include <string_view>

#include "collectors/celery/wire/event_decoder.h"
#include "exporter/seam/collector.h"

namespace collectors {

// The broker's stream of events over a connection of its own, which only listens:
// it declares nothing that outlives it and takes no event from anybody else.
// One thread at a time.
class EventFeed {
 public:
  // `content_type`: as the broker says it beside the message; empty if it does not.
  using Take = std::function<void(std::string_view message, std::string_view content_type)>;

  virtual ~EventFeed() = default;

  // Leaves the connection that there may be, connects and subscribes, all by
  // context.deadline. Throws CollectError.
  virtual void Open(const exporter::CollectContext& context) = 0;

  // Waits for messages by context.deadline and hands over all that have come;
  // none is no failure. Throws CollectError where the connection broke, or where
  // the broker no longer answers what asks whether it is there (a broker that
  // hangs and a cut network are told within half a minute). Open() then.
  virtual void Read(const exporter::CollectContext& context, const Take& take) = 0;

  // All that the broker had sent by this moment, on the connection that there is or
  // was, has been handed over, and the broker was heard after it: what came later may
  // be lost with the connection.
  virtual exporter::SteadyTime caught_up() const = 0;

  // For how long the broker may have dropped events before they were handed over, since this was
  // last asked: on a connection that did not break.
  virtual exporter::SteadyTime::duration TakeLoss() { return {}; }

  // How its messages are wrapped.
  virtual Wrapping wrapping() const = 0;
};

}  // namespace collectors
