#include "collectors/clients/redis/redis_options.h"

#include <optional>
#include <stdexcept>
#include <utility>

#include "collectors/clients/net/tls_options.h"
#include "collectors/clients/net/url_parameters.h"
#include "collectors/clients/redis/endpoint.h"

namespace collectors {
namespace {

// Returns the parsed URL if the configuration holds it literally. Adds a problem if it is not
// valid.
std::optional<RedisEndpoint> CheckUrl(exporter::YamlReader& options, const RedisTarget& target) {
  const exporter::Secret* url = target.url.given() ? target.url.literal() : nullptr;
  if (url == nullptr) return std::nullopt;
  try {
    RedisEndpoint endpoint = ParseRedisUrl(url->Reveal(), target.master_name);
    if (!endpoint.dropped.empty()) options.Warn("url", DroppedNote(endpoint.dropped));
    return endpoint;
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
  target.master_name = options.String("master_name", "");
  target.sentinel_user = options.String("sentinel_user", "");
  target.sentinel_password = options.Source("sentinel_password");
  target.client_name = "exporter:" + settings.name;
  auto tls = options.Child("tls");
  if (tls) target.tls = ReadTlsOptions(*tls);
  const std::optional<RedisEndpoint> endpoint = CheckUrl(options, target);
  if (!endpoint) return target;
  if (tls && !endpoint->tls) {
    options.Problem("tls",
                    "tls has no effect on this URL: rediss:// and rediss-sentinel:// speak TLS");
  }
  if (!endpoint->sentinels.empty()) return target;
  for (const char* const key : {"master_name", "sentinel_user", "sentinel_password"}) {
    if (!options.Has(key) && !options.Has(std::string(key) + "_file")) continue;
    options.Problem(key, "the URL names no sentinels: redis-sentinel://");
  }
  return target;
}

}  // namespace collectors
