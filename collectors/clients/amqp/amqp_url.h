#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "exporter/seam/secret.h"

namespace collectors {

// Where an AMQP URL leads, in the spellings and with the defaults of kombu:
//   amqp://[user[:password]@][host][:port][/vhost]
// amqps:// is by TLS; pyamqp:// and librabbitmq:// as amqp. A path of "//", of
// "/%2F", of "/" or none is the virtual host "/".
struct AmqpEndpoint {
  std::string host = "localhost";  // An IPv6 address without its brackets.
  std::uint16_t port = 5672;
  std::string user = "guest";
  exporter::Secret password{"guest"};
  std::string vhost = "/";
  bool tls = false;

  std::string Name() const;  // "host:port", "[::1]:port"; holds no secret.
};

// Parts may be percent-encoded; the query is passed over. Throws
// std::invalid_argument, whose text holds nothing of the URL.
AmqpEndpoint ParseAmqpUrl(std::string_view url);

}  // namespace collectors
