#include "collectors/celery/amqp_event_feed.h"

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "collectors/clients/amqp_rights.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;

// Twice so long a silence is a lost connection.
constexpr std::chrono::seconds kHeartbeat(10);
// A broker keeps what we do not read in its memory: no more than this.
constexpr std::chrono::seconds kQueueTtl(5);
constexpr int kMostQueued = 50'000;

AmqpTarget Listening(AmqpTarget target) {
  target.heartbeat = kHeartbeat;
  return target;
}

}  // namespace

AmqpEventFeed::AmqpEventFeed(AmqpTarget target, std::string exchange)
    : session_(Listening(std::move(target))), exchange_(std::move(exchange)) {}

void AmqpEventFeed::Open(const CollectContext& context) {
  session_.Close();
  try {
    Subscribe(context);
  } catch (const CollectError&) {
    session_.Close();  // With the queue that there may be.
    throw;
  }
}

void AmqpEventFeed::Subscribe(const CollectContext& context) {
  try {
    session_.CheckExchange(context, exchange_);
  } catch (const CollectError& error) {
    // In RabbitMQ's words: a virtual host may be missing, too.
    const bool is_exchange =
        std::string_view(error.what()).find("no exchange") != std::string::npos;
    if (error.kind() != ErrorKind::kMissing || !is_exchange) throw;
    throw CollectError(ErrorKind::kMissing,
                       std::string(error.what()) + ": nobody has sent an event yet");
  }
  const std::string queue = Needing(
      kConfigureOwn, [&] { return session_.DeclareOwnQueue(context, kQueueTtl, kMostQueued); });
  Needing("write " + std::string(kOwnQueues) + " and read " + exchange_,
          [&] { session_.Bind(context, queue, exchange_, "#"); });
  Needing(kReadOwn, [&] { session_.Consume(context, queue); });
}

void AmqpEventFeed::Read(const CollectContext& context, const Take& take) {
  std::optional<AmqpMessage> message = session_.Next(context);
  const CollectContext at_once{Deadline::At(exporter::SteadyTime::clock::now()), context.watchdog};
  while (message) {
    take(message->body, message->content_type);
    if (context.deadline.Expired()) return;
    message = session_.Next(at_once);
  }
}

}  // namespace collectors
