#pragma once

#include <memory>
#include <string_view>

#include "collectors/celery/wire/event.h"

namespace collectors {

// How a broker carries an event: on Redis as the body of a JSON envelope, mostly
// in base64; on AMQP the body is the message.
enum class Wrapping { kEnvelope, kPlain };

// Messages of an event stream to events. A message holds one event or an array
// of them (task.multi). Arguments, results and tracebacks are skipped, not
// decoded. Bounded in size; what is no event is told as malformed and costs itself
// alone, where the JSON is broken all that follows, as one. Keeps its buffers from
// message to message, but not those of a large one. One thread.
class EventDecoder {
 public:
  EventDecoder();
  ~EventDecoder();
  EventDecoder(const EventDecoder&) = delete;
  EventDecoder& operator=(const EventDecoder&) = delete;

  void Decode(std::string_view message, Wrapping wrapping, EventSink& sink);

 private:
  struct Buffers;
  std::unique_ptr<Buffers> buffers_;
};

}  // namespace collectors
