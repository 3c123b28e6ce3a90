#pragma once

#include <optional>
#include <string>

#include "collectors/celery/brokers/drop_watch.h"
#include "collectors/celery/brokers/event_feed.h"
#include "collectors/clients/amqp/amqp_session.h"

namespace collectors {

// Celery's events from RabbitMQ. A copy of each event goes into our own queue, which is removed
// with the connection. The queue keeps at most 50,000 events, each for at most five seconds. The
// senders declare the exchange: until one has, Open() throws kMissing.
class AmqpEventFeed : public EventFeed {
 public:
  // `exchange` is Celery's setting event_exchange, by default "celeryev".
  AmqpEventFeed(AmqpTarget target, std::string exchange);

  void Open(const exporter::CollectContext& context) override;
  void Read(const exporter::CollectContext& context, const Take& take) override;
  exporter::SteadyTime caught_up() const override { return drops_.clear(); }
  exporter::SteadyTime::duration TakeLoss() override { return drops_.TakeLoss(); }
  Wrapping wrapping() const override { return Wrapping::kPlain; }

 private:
  void Subscribe(const exporter::CollectContext& context);
  std::optional<AmqpMessage> Next(const exporter::CollectContext& context);
  void Sound(const exporter::CollectContext& context, bool has_all);

  AmqpSession session_;
  std::string exchange_;
  std::string queue_;
  DropWatch drops_;
};

}  // namespace collectors
