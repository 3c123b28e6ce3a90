// An AMQP URL names a server, or is refused with a short text.

#include <cstdint>
#include <stdexcept>
#include <string_view>

#include "collectors/clients/amqp/amqp_url.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view url(reinterpret_cast<const char*>(bytes), size);
  try {
    const collectors::AmqpEndpoint endpoint = collectors::ParseAmqpUrl(url);
    fuzz::Require(!endpoint.host.empty() && endpoint.port != 0, "no place");
    fuzz::Require(!endpoint.user.empty() && !endpoint.password.empty(), "nobody");
    fuzz::Require(!endpoint.vhost.empty() && endpoint.vhost.size() < 256, "no virtual host");
  } catch (const std::invalid_argument& error) {
    fuzz::Require(std::string_view(error.what()).size() < 200, "a refusal without a bound");
  }
  return 0;
}
