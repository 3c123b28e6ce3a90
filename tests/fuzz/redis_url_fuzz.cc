// A Redis URL names a server, or is refused with a short text.

#include <cstdint>
#include <stdexcept>
#include <string_view>

#include "collectors/clients/redis/endpoint.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view url(reinterpret_cast<const char*>(bytes), size);
  try {
    const collectors::RedisEndpoint endpoint = collectors::ParseRedisUrl(url);
    const int places = (endpoint.host.empty() ? 0 : 1) + (endpoint.path.empty() ? 0 : 1) +
                       (endpoint.sentinels.empty() ? 0 : 1);
    fuzz::Require(places == 1, "not one place");
    fuzz::Require(endpoint.sentinels.empty() || !endpoint.master.empty(),
                  "a master without a name");
    fuzz::Require(endpoint.port != 0, "port 0");
    fuzz::Require(endpoint.database >= 0, "a negative database");
    for (const auto& sentinel : endpoint.sentinels) {
      fuzz::Require(!sentinel.host.empty() && sentinel.port != 0, "a sentinel without an address");
    }
  } catch (const std::invalid_argument& error) {
    fuzz::Require(std::string_view(error.what()).size() < 300, "a refusal without a bound");
  }
  return 0;
}
