#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "exporter/seam/secret.h"

namespace collectors {

// The target of an AMQP URL, in the spellings and with the defaults of kombu:
//   amqp://[user[:password]@][host][:port][/vhost]
// amqps:// uses TLS; pyamqp:// and librabbitmq:// mean amqp://. The paths "//", "/%2F", "/" and an
// empty one mean the virtual host "/".
struct AmqpEndpoint {
  std::string host = "localhost";  // An IPv6 address has no brackets.
  std::uint16_t port = 5672;
  std::string user = "guest";
  exporter::Secret password{"guest"};
  std::string vhost = "/";
  bool tls = false;

  std::string Name() const;  // "host:port", "[::1]:port"; holds no secret.
};

// Parts may be percent-encoded. Ignores the query. Throws std::invalid_argument; its text holds
// nothing of the URL.
AmqpEndpoint ParseAmqpUrl(std::string_view url);

}  // namespace collectors
