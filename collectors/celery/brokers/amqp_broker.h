#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "collectors/celery/brokers/broker.h"
#include "collectors/celery/wire/control_message.h"
#include "collectors/clients/amqp/amqp_session.h"

namespace collectors {

// Celery on RabbitMQ, by AMQP alone: what waits in a queue and who consumes from
// it. AMQP shows neither what is unacknowledged, nor the head of a queue, nor which
// queues there are. Control calls have a connection of their own: a broker whose
// memory or disk is full stops to read from whoever publishes, and the queues are
// to be seen then most of all.
class AmqpBroker : public CeleryBroker {
 public:
  explicit AmqpBroker(const AmqpTarget& target, ControlExchanges exchanges = ControlExchanges());

  // A queue that is not there is a problem of its own, kMissing.
  BrokerReading Read(const exporter::CollectContext& context,
                     const std::vector<std::string>& queues) override;
  // None: there is no registry.
  bool TellsScheduled() const override { return false; }
  std::vector<std::string> FindQueues(const exporter::CollectContext& context) override;
  // Always takes the whole window: AMQP does not tell how many heard a call. No
  // replies where no worker has ever run. Asks all workers, whatever call.workers says.
  std::vector<ControlReply> Call(const exporter::CollectContext& context, const ControlCall& call,
                                 std::chrono::milliseconds window) override;
  // Told to who publishes: by the control calls.
  bool BlocksPublishers() const override { return calling_.blocked(); }
  // None: a worker whose reply raised opens a channel for control calls again and goes on.
  std::optional<ControlTakers> Takers(const exporter::CollectContext&) override {
    return std::nullopt;
  }

 private:
  // A queue that replies come to, one for each connection.
  void OpenReplyQueue(const exporter::CollectContext& context);
  // To the exchange that Celery's own replies go by, which a worker's access rules allow; the
  // default exchange they may not. False if nobody has declared it yet: a worker's first
  // reply does, and is lost.
  bool BindReplyQueue(const exporter::CollectContext& context);
  std::vector<ControlReply> Gather(const exporter::CollectContext& context,
                                   const std::vector<std::string>& methods,
                                   std::uint64_t first_ticket);

  AmqpSession asking_;
  AmqpSession calling_;
  ControlExchanges exchanges_;
  std::string reply_queue_;
  bool is_bound_ = false;
  std::uint64_t reply_connection_ = 0;  // Of calling_, that the queue went with.
  std::uint64_t tickets_ = 0;           // Given so far.
};

}  // namespace collectors
