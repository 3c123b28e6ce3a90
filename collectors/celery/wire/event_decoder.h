#pragma once

#include <memory>
#include <string_view>

#include "collectors/celery/wire/event.h"

namespace collectors {

// How a broker carries an event. On Redis it is the body of a JSON envelope, mostly in base64; on
// AMQP it is the message.
enum class Wrapping { kEnvelope, kPlain };

// Decodes the messages of an event stream. A message holds one event or an array of events
// (task.multi). Arguments, results and tracebacks are not decoded. Bounded in size. An invalid
// event is reported as malformed and does not affect the others; after broken JSON, the rest of the
// message counts as one malformed event. Keeps its buffers from message to message, except those of
// a large one. One thread.
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
