// A Redis URL leads somewhere, or is refused with a short text.

#include <cstdint>
#include <stdexcept>
#include <string_view>

#include "collectors/clients/endpoint.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view url(reinterpret_cast<const char*>(bytes), size);
  try {
    const collectors::RedisEndpoint endpoint = collectors::ParseRedisUrl(url);
    fuzz::Require(endpoint.host.empty() != endpoint.path.empty(), "neither host nor socket");
    fuzz::Require(endpoint.port != 0, "port 0");
    fuzz::Require(endpoint.database >= 0, "a negative database");
    fuzz::Require(!endpoint.Name().empty(), "a place without a name");
  } catch (const std::invalid_argument& error) {
    fuzz::Require(std::string_view(error.what()).size() < 200, "a refusal without a bound");
  }
  return 0;
}
