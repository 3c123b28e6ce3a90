#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "exporter/seam/collector.h"

namespace collectors {

// A refusal that ended at most a channel; the connection remains usable.
class AmqpChannelError : public exporter::CollectError {
 public:
  AmqpChannelError(exporter::ErrorKind kind, const std::string& what, std::uint16_t channel)
      : CollectError(kind, what), channel_(channel) {}
  std::uint16_t channel() const { return channel_; }

 private:
  std::uint16_t channel_;
};

// Returns the kind for the code and the text with which a server closes a channel or a connection:
// https://www.rabbitmq.com/amqp-0-9-1-reference#constants
exporter::ErrorKind KindOfAmqpError(std::uint16_t code, std::string_view text);

// Returns the first 200 bytes in printable ASCII: "NOT_FOUND - no queue 'x' in vhost '/'".
std::string ShownAmqpText(std::string_view text);

}  // namespace collectors
