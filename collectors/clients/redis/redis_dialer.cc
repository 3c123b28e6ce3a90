#include "collectors/clients/redis/redis_dialer.h"

#include <stdexcept>
#include <utility>

#include "collectors/clients/redis/endpoint.h"
#include "collectors/clients/redis/sentinel_route.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;

// The current address of the target; reads its URL and password again. The texts of the exceptions
// caught here name a file or a rule, never a secret.
RedisEndpoint EndpointOf(const RedisTarget& target) {
  try {
    RedisEndpoint endpoint = ParseRedisUrl(target.url.Load().Reveal(), target.master_name);
    if (!target.user.empty()) endpoint.user = target.user;
    if (target.password.given()) endpoint.password = target.password.Load();
    if (target.node) {
      endpoint.path.clear();
      endpoint.sentinels.clear();
      endpoint.host = target.node->host;
      endpoint.port = target.node->port;
    }
    return endpoint;
  } catch (const std::runtime_error& error) {
    throw CollectError(ErrorKind::kConnect, error.what());
  } catch (const std::invalid_argument& error) {
    throw CollectError(ErrorKind::kConnect, error.what());
  }
}

}  // namespace

RedisDialer::RedisDialer(RedisTarget target)
    : target_(std::move(target)), route_(std::make_unique<SentinelRoute>(target_)) {}
RedisDialer::~RedisDialer() = default;

std::unique_ptr<RedisConnection> RedisDialer::Connect(const CollectContext& context,
                                                      ReplyBounds bounds) {
  RedisEndpoint endpoint = EndpointOf(target_);
  const bool is_watched = !endpoint.sentinels.empty();
  if (is_watched) {
    const RedisNodeAddress master = route_->Find(context, endpoint);
    endpoint.host = master.host;
    endpoint.port = master.port;
  }
  try {
    auto connection = std::make_unique<RedisConnection>(context, endpoint, target_, bounds);
    if (is_watched) connection->ExpectMaster(context);
    return connection;
  } catch (const CollectError& error) {
    if (is_watched) route_->Doubt(endpoint);
    throw Named(error, endpoint);
  }
}

bool RedisDialer::HasMoved(const CollectContext& context, const RedisEndpoint& endpoint) {
  if (endpoint.sentinels.empty()) return false;
  const RedisNodeAddress master = route_->Find(context, endpoint);
  return master != RedisNodeAddress{endpoint.host, endpoint.port};
}

void RedisDialer::ExpectMaster(const CollectContext& context, const RedisEndpoint& endpoint) {
  RedisConnection(context, endpoint, target_).ExpectMaster(context);
}

}  // namespace collectors
