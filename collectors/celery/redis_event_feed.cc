#include "collectors/celery/redis_event_feed.h"

namespace collectors {

using exporter::CollectContext;

void RedisEventFeed::Open(const CollectContext& context) {
  subscription_.Open(context);
  subscription_.Subscribe(context, {{}, names_.EventPatterns(subscription_.database())});
}

void RedisEventFeed::Read(const CollectContext& context, const Take& take) {
  subscription_.Read(context,
                     [&take](std::string_view, std::string_view payload) { take(payload, {}); });
}

}  // namespace collectors
