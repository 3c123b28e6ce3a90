#include "collectors/clients/redis/sentinel_route.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>
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

std::unique_ptr<RedisConnection> SentinelRoute::Connect(const CollectContext& context,
                                                        const RedisEndpoint& endpoint,
                                                        const RedisNodeAddress& sentinel) {
  RedisEndpoint own;
  own.tls = endpoint.tls;
  own.tls_options = endpoint.tls_options;
  own.host = sentinel.host;
  own.port = sentinel.port;
  own.user = target_.sentinel_user;
  RedisTarget target;
  target.tls = target_.tls;
  target.client_name = target_.client_name;
  try {
    if (target_.sentinel_password.given()) own.password = target_.sentinel_password.Load();
  } catch (const std::runtime_error& error) {  // Names the file.
    throw CollectError(ErrorKind::kConnect, error.what());
  }
  return std::make_unique<RedisConnection>(context, own, target);
}

RedisNodeAddress SentinelRoute::Ask(const CollectContext& context, const RedisEndpoint& endpoint,
                                    const RedisNodeAddress& sentinel) {
  const RedisCommand question = {"SENTINEL", "GET-MASTER-ADDR-BY-NAME", endpoint.master};
  const bool is_kept = connection_ != nullptr && answered_ == sentinel;
  std::vector<RedisReply> replies;
  if (is_kept) {
    try {
      replies = connection_->Run(context, {question});
    } catch (const CollectError& error) {
      // A kept connection may have been closed since: that is not a failure yet.
      if (error.kind() != ErrorKind::kConnect) throw;
    }
  }
  if (replies.empty()) {
    connection_ = Connect(context, endpoint, sentinel);
    answered_ = sentinel;
    replies = connection_->Run(context, {question});
  }
  if (replies[0].type == RedisReply::Type::kError) throw RedisError(question.front(), replies[0]);
  return AddressOf(replies[0], endpoint.master);
}

void SentinelRoute::Doubt(const RedisEndpoint& endpoint) {
  const auto& all = endpoint.sentinels;
  const auto last = std::ranges::find(all, answered_);
  if (last == all.end()) return;
  connection_.reset();
  found_for_.reset();
  answered_ = last + 1 == all.end() ? all.front() : *(last + 1);
}

RedisNodeAddress SentinelRoute::Find(const CollectContext& context, const RedisEndpoint& endpoint) {
  if (found_for_ == context.deadline.when()) return found_;
  std::vector<RedisNodeAddress> order = endpoint.sentinels;
  const auto last = std::ranges::find(order, answered_);
  if (last != order.end()) std::rotate(order.begin(), last, last + 1);
  // Leave half of the time for the master itself.
  const Deadline all = Deadline::After(context.deadline.Remaining() / 2);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto share = all.Remaining() / static_cast<int>(order.size() - i);
    try {
      found_ = Ask({Deadline::After(share), context.watchdog}, endpoint, order[i]);
      found_for_ = context.deadline.when();
      return found_;
    } catch (const CollectError& error) {
      connection_.reset();
      if (i + 1 < order.size()) continue;
      throw error.Saying("sentinel " + order[i].Name() + ": " + error.what());
    }
  }
  throw CollectError(ErrorKind::kInternal, "no sentinel to ask");
}

}  // namespace collectors
