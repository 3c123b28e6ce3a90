// An AMQP URL names servers, or is refused with a short text.

#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "collectors/clients/amqp/amqp_url.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view url(reinterpret_cast<const char*>(bytes), size);
  try {
    const std::vector<collectors::AmqpEndpoint> endpoints = collectors::ParseAmqpUrls(url);
    fuzz::Require(!endpoints.empty() && endpoints.size() <= 20, "no server, or too many");
    for (const collectors::AmqpEndpoint& endpoint : endpoints) {
      fuzz::Require(!endpoint.host.empty() && endpoint.port != 0, "no place");
      fuzz::Require(!endpoint.user.empty() && !endpoint.password.empty(), "nobody");
      fuzz::Require(!endpoint.vhost.empty() && endpoint.vhost.size() < 256, "no virtual host");
    }
  } catch (const std::invalid_argument& error) {
    fuzz::Require(std::string_view(error.what()).size() < 300, "a refusal without a bound");
  }
  return 0;
}
