#include "collectors/clients/sentinel_route.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;

RedisNodeAddress AddressOf(const RedisReply& reply, const std::string& master) {
  if (reply.type == RedisReply::Type::kNil) {
    throw CollectError(ErrorKind::kMissing, "it knows no master called " + master);
  }
  RedisNodeAddress address;
  if (reply.items.size() == 2) {
    address.host = reply.items[0].text;
    const std::string& port = reply.items[1].text;
    std::from_chars(port.data(), port.data() + port.size(), address.port);
  }
  if (address.host.empty() || address.port == 0) {
    throw CollectError(ErrorKind::kProtocol, "its answer is no address");
  }
  return address;
}

}  // namespace

RedisNodeAddress SentinelRoute::Ask(const CollectContext& context, const RedisEndpoint& endpoint,
                                    const RedisNodeAddress& sentinel) {
  if (session_ == nullptr || answered_ != sentinel) {
    RedisTarget target;
    target.url = exporter::SecretSource::Literal(endpoint.tls ? "rediss://" : "redis://");
    target.node = sentinel;
    target.user = target_.sentinel_user;
    target.password = target_.sentinel_password;
    target.tls = target_.tls;
    target.client_name = target_.client_name;
    session_ = std::make_unique<RedisSession>(std::move(target));
    answered_ = sentinel;
  }
  return AddressOf(
      session_->Command(context, {"SENTINEL", "GET-MASTER-ADDR-BY-NAME", endpoint.master}),
      endpoint.master);
}

void SentinelRoute::Doubt(const RedisEndpoint& endpoint) {
  const auto& all = endpoint.sentinels;
  const auto last = std::ranges::find(all, answered_);
  if (last == all.end()) return;
  session_.reset();
  found_for_.reset();
  answered_ = last + 1 == all.end() ? all.front() : *(last + 1);
}

RedisNodeAddress SentinelRoute::Find(const CollectContext& context, const RedisEndpoint& endpoint) {
  if (found_for_ == context.deadline.when()) return found_;
  std::vector<RedisNodeAddress> order = endpoint.sentinels;
  const auto last = std::ranges::find(order, answered_);
  if (last != order.end()) std::rotate(order.begin(), last, last + 1);
  // The master itself needs time as well.
  const Deadline all = Deadline::After(context.deadline.Remaining() / 2);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto share = all.Remaining() / static_cast<int>(order.size() - i);
    try {
      found_ = Ask({Deadline::After(share), context.watchdog}, endpoint, order[i]);
      found_for_ = context.deadline.when();
      return found_;
    } catch (const CollectError& error) {
      session_.reset();
      if (i + 1 < order.size()) continue;
      throw error.Saying("sentinel " + order[i].Name() + ": " + error.what());
    }
  }
  throw CollectError(ErrorKind::kInternal, "no sentinel to ask");
}

}  // namespace collectors
