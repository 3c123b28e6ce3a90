#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "collectors/celery/brokers/broker.h"

namespace collectors {

// Readers of what kombu's Redis transport stores, JSON {"body", "headers", "properties"}. They do
// not read the body of a task. The input is untrusted: the result is absent if it is not such a
// message.

// A message in a queue's list.
std::optional<QueueHead> ReadTaskMessage(std::string_view message);

// A value of the hash `unacked`: [message, exchange, routing_key].
struct UnackedMessage {
  std::string exchange;
  std::string routing_key;
  std::optional<double> eta;  // Epoch seconds.
};
std::optional<UnackedMessage> ReadUnackedMessage(std::string_view value);

// A reply to a control call; its body is decoded.
std::optional<ControlReply> ReadReplyMessage(std::string_view message);

}  // namespace collectors
