#include "collectors/celery/brokers/redis_event_feed.h"

#include <functional>

namespace collectors {
namespace {

using exporter::CollectContext;

constexpr std::size_t kMostMessages = 1000;

}  // namespace

bool TwinMessages::IsTwin(std::string_view channel, std::string_view payload) {
  const std::hash<std::string_view> hash;
  const std::size_t message = hash(payload);
  const auto [known, is_new] = channels_.try_emplace(message, hash(channel));
  if (!is_new) return known->second != hash(channel);
  order_.push_back(message);
  if (order_.size() > kMostMessages) {
    channels_.erase(order_.front());
    order_.pop_front();
  }
  return false;
}

void RedisEventFeed::Open(const CollectContext& context) {
  subscription_.Open(context);
  subscription_.Subscribe(context, {{}, names_.EventPatterns(subscription_.database())});
}

void RedisEventFeed::Read(const CollectContext& context, const Take& take) {
  subscription_.Read(context, [&](std::string_view channel, std::string_view payload) {
    if (!twins_.IsTwin(channel, payload)) take(payload, {});
  });
}

}  // namespace collectors
