#include "collectors/celery/brokers/redis_broker.h"

#include <utility>

#include "collectors/celery/brokers/redis_depth.h"
#include "collectors/shared/epoch.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;

CollectError OfPart(const CollectError& error, const std::string& part) {
  return {error.kind(), error.what(), part};
}

}  // namespace

RedisBroker::RedisBroker(RedisTarget target, const RedisBrokerOptions& options)
    : options_(options),
      session_(std::move(target)),
      sturdy_(session_),
      bindings_(options.names),
      control_(options.names),
      unacked_(options.names.Unacked(), options.collector) {}

BrokerReading RedisBroker::Read(const CollectContext& context,
                                const std::vector<std::string>& queues) {
  const double now = EpochNow();
  const auto replies =
      sturdy_.Ask(context, DepthCommands(options_.names, queues, options_.visibility_timeout, now));
  RedisDepth depth = ReadDepth(options_.names, queues, replies, now);
  BrokerReading& reading = depth.reading;
  heads_.Add(HalfOf(context), session_, depth.lists, reading);
  unacked_.Add(HalfOf(context), session_, bindings_, now, reading);
  reading.other_mailboxes = bindings_.other_mailboxes();
  if (const auto problem = bindings_.Problem()) reading.problems.push_back(*problem);
  return std::move(reading);
}

std::vector<std::string> RedisBroker::FindQueues(const CollectContext& context) {
  try {
    bindings_.Walk(context, session_);
  } catch (const CollectError& error) {
    throw OfPart(error, "discovery");
  }
  return bindings_.Queues();
}

std::vector<ControlReply> RedisBroker::Call(const CollectContext& context, const ControlCall& call,
                                            std::chrono::milliseconds window) {
  try {
    return control_.Call(context, session_, call, window);
  } catch (const CollectError& error) {
    throw OfPart(error, "control");
  }
}

std::optional<ControlTakers> RedisBroker::Takers(const CollectContext& context) {
  try {
    return control_.Takers(context, session_);
  } catch (const CollectError& error) {
    throw OfPart(error, "control");
  }
}

}  // namespace collectors
