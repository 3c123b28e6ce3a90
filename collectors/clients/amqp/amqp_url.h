#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/clients/net/tls.h"
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
  TlsOptions tls_options = {};       // By the URL's parameters.
  std::vector<std::string> dropped;  // Names of the URL's parameters without an effect.

  std::string Name() const;  // "host:port", "[::1]:port"; holds no secret.
};

// Reads a URL, or a list of them as Celery writes it: amqp://a;amqp://b. Returns at least one.
// Parts may be percent-encoded. The query's parameters about TLS count (cacertfile, ssl_cert_reqs);
// those that concern only the application's client are dropped. Throws std::invalid_argument; its
// text holds nothing of the URL except the name of a parameter.
std::vector<AmqpEndpoint> ParseAmqpUrls(std::string_view urls);

// The names of all the parameters that are dropped.
std::vector<std::string> AmqpDropped(const std::vector<AmqpEndpoint>& endpoints);

}  // namespace collectors
