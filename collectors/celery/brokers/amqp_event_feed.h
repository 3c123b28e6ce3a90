#pragma once

#include <optional>
#include <string>

#include "collectors/celery/brokers/drop_watch.h"
#include "collectors/celery/brokers/event_feed.h"
#include "collectors/clients/amqp/amqp_session.h"

namespace collectors {

// Celery's events from RabbitMQ: a copy of each into a queue of our own, which goes
// with the connection and holds no more than five seconds of them, and 50,000. The exchange
// is the senders' to declare: until one has, Open() throws kMissing.
class AmqpEventFeed : public EventFeed {
 public:
  // `exchange` is Celery's setting event_exchange, "celeryev".
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
