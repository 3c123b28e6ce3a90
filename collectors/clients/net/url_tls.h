#pragma once

#include <string_view>

#include "collectors/clients/net/tls.h"

namespace collectors {

// What the parameters of a Redis or AMQP URL say about TLS.
struct UrlTls {
  bool wanted = false;  // A parameter asks for TLS, whatever the scheme says.
  TlsOptions options = {};
};

// Reads a parameter about TLS in the spelling of redis-py and kombu (ssl_cert_reqs, ssl_ca_certs),
// RabbitMQ (cacertfile, verify), aio-pika, Lettuce or go-redis. As in kombu, it asks for TLS.
// Returns false if the parameter is another one. `value` is decoded. Throws std::invalid_argument
// for a value that has no meaning.
bool ReadTlsParameter(std::string_view name, std::string_view value, UrlTls& tls);

// Completes and checks what was read. A certificate without a key file holds its key too.
void FinishTls(UrlTls& tls);

// Returns the options of the configuration, completed by those of the URL.
TlsOptions WithUrl(TlsOptions own, const TlsOptions& of_url);

}  // namespace collectors
