#include "collectors/celery/brokers/amqp_event_feed.h"

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "collectors/clients/amqp/amqp_rights.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using exporter::SteadyTime;

// Twice as long a silence means a lost connection.
constexpr std::chrono::seconds kHeartbeat(10);
// Bounds of what the broker keeps in its memory while we do not read.
constexpr std::chrono::seconds kQueueTtl(5);
constexpr int kMostQueued = 50'000;
constexpr std::chrono::seconds kBusy(1);
// For sending a sounding, which is a few bytes.
constexpr std::chrono::seconds kPatience(5);

AmqpTarget Listening(AmqpTarget target) {
  target.heartbeat = kHeartbeat;
  return target;
}

}  // namespace

AmqpEventFeed::AmqpEventFeed(AmqpTarget target, std::string exchange)
    : session_(Listening(std::move(target))),
      exchange_(std::move(exchange)),
      drops_({kQueueTtl, kMostQueued}) {}

void AmqpEventFeed::Open(const CollectContext& context) {
  session_.Close();
  try {
    Subscribe(context);
  } catch (const CollectError&) {
    session_.Close();  // Also removes the queue, if it is already declared.
    throw;
  }
}

void AmqpEventFeed::Subscribe(const CollectContext& context) {
  try {
    session_.CheckExchange(context, exchange_);
  } catch (const CollectError& error) {
    // RabbitMQ's wording. kMissing alone may also be a missing virtual host.
    const bool is_exchange =
        std::string_view(error.what()).find("no exchange") != std::string::npos;
    if (error.kind() != ErrorKind::kMissing || !is_exchange) throw;
    throw CollectError(ErrorKind::kMissing,
                       std::string(error.what()) + ": nobody has sent an event yet");
  }
  queue_ = Needing(kConfigureOwn,
                   [&] { return session_.DeclareOwnQueue(context, kQueueTtl, kMostQueued); });
  Needing("write " + std::string(kOwnQueues) + " and read " + exchange_,
          [&] { session_.Bind(context, queue_, exchange_, "#"); });
  Needing(kReadOwn, [&] { session_.Consume(context, queue_); });
  drops_.Begin(SteadyTime::clock::now());
}

std::optional<AmqpMessage> AmqpEventFeed::Next(const CollectContext& context) {
  std::optional<AmqpMessage> message = session_.Next(context);
  if (const auto waiting = session_.TakeSounding()) {
    drops_.Answered(*waiting, SteadyTime::clock::now());
  }
  if (message) drops_.Took();
  return message;
}

// If the server has closed the connection behind unread messages, a request is answered by a reset
// that loses them. So a sounding waits until all messages are read, but at most kBusy longer.
void AmqpEventFeed::Sound(const CollectContext& context, bool has_all) {
  const SteadyTime now = SteadyTime::clock::now();
  if (!drops_.IsDue(has_all ? now : now - kBusy)) return;
  session_.Sound({Deadline::After(kPatience), context.watchdog}, queue_);
  drops_.Asked(now);
}

void AmqpEventFeed::Read(const CollectContext& context, const Take& take) {
  std::optional<AmqpMessage> message = Next(context);
  const CollectContext at_once{Deadline::At(SteadyTime::clock::now()), context.watchdog};
  while (message) {
    take(message->body, message->content_type);
    if (context.deadline.Expired()) break;
    message = Next(at_once);
  }
  Sound(context, !message);
}

}  // namespace collectors
