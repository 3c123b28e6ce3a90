#include "collectors/clients/redis/redis_options.h"

#include <optional>
#include <stdexcept>
#include <utility>

#include "collectors/clients/net/tls_options.h"
#include "collectors/clients/redis/endpoint.h"

namespace collectors {
namespace {

// Returns the parsed URL if the configuration holds it literally. Adds a problem if it is not
// valid.
std::optional<RedisEndpoint> CheckUrl(exporter::YamlReader& options, const RedisTarget& target) {
  const exporter::Secret* url = target.url.given() ? target.url.literal() : nullptr;
  if (url == nullptr) return std::nullopt;
  try {
    return ParseRedisUrl(url->Reveal());
  } catch (const std::invalid_argument& error) {
    options.Problem("url", error.what());
    return std::nullopt;
  }
}

}  // namespace

RedisTarget ReadRedisTarget(exporter::YamlReader& options, const exporter::JobSettings& settings) {
  return ReadRedisTarget(options, settings, options.RequiredSource("url"));
}

RedisTarget ReadRedisTarget(exporter::YamlReader& options, const exporter::JobSettings& settings,
                            exporter::SecretSource url) {
  RedisTarget target;
  target.url = std::move(url);
  target.user = options.String("user", "");
  target.password = options.Source("password");
  target.sentinel_user = options.String("sentinel_user", "");
  target.sentinel_password = options.Source("sentinel_password");
  target.client_name = "exporter:" + settings.name;
  auto tls = options.Child("tls");
  if (tls) target.tls = ReadTlsOptions(*tls);
  const std::optional<RedisEndpoint> endpoint = CheckUrl(options, target);
  if (!endpoint) return target;
  if (tls && !endpoint->tls) {
    options.Problem("tls", "tls has no effect on this URL: rediss:// speaks TLS");
  }
  if (!target.sentinel_user.empty() && endpoint->sentinels.empty()) {
    options.Problem("sentinel_user", "the URL names no sentinels: redis-sentinel://");
  }
  if (target.sentinel_password.given() && endpoint->sentinels.empty()) {
    options.Problem("sentinel_password", "the URL names no sentinels: redis-sentinel://");
  }
  return target;
}

}  // namespace collectors
