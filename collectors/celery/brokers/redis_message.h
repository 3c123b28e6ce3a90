#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "collectors/celery/brokers/broker.h"

namespace collectors {

// What kombu's Redis transport stores, read without the body of any task: JSON
// {"body", "headers", "properties"}. All of it is untrusted: absent for what is no
// such message.

// A message in a queue's list.
std::optional<QueueHead> ReadTaskMessage(std::string_view message);

// A value of the hash `unacked`: [message, exchange, routing_key].
struct UnackedMessage {
  std::string exchange;
  std::string routing_key;
  std::optional<double> eta;  // Epoch seconds.
};
std::optional<UnackedMessage> ReadUnackedMessage(std::string_view value);

// A reply to a control call, its body decoded.
std::optional<ControlReply> ReadReplyMessage(std::string_view message);

}  // namespace collectors
