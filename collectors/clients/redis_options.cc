#include "collectors/clients/redis_options.h"

#include <stdexcept>

#include "collectors/clients/endpoint.h"

namespace collectors {

RedisTarget ReadRedisTarget(exporter::YamlReader& options, const exporter::JobSettings& settings) {
  RedisTarget target;
  target.url = options.RequiredSource("url");
  target.user = options.String("user", "");
  target.password = options.Source("password");
  target.client_name = "exporter:" + settings.name;
  const exporter::Secret* url = target.url.given() ? target.url.literal() : nullptr;
  if (url == nullptr) return target;
  try {
    ParseRedisUrl(url->Reveal());
  } catch (const std::invalid_argument& error) {
    options.Problem("url", error.what());
  }
  return target;
}

}  // namespace collectors
