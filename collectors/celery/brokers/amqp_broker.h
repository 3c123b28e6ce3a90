#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "collectors/celery/brokers/broker.h"
#include "collectors/celery/wire/control_message.h"
#include "collectors/clients/amqp/amqp_session.h"

namespace collectors {

// Celery on RabbitMQ, by AMQP alone: the length and the consumers of each queue. AMQP shows neither
// unacknowledged messages, nor the head of a queue, nor the list of queues. Control calls use a
// separate connection: a broker whose memory or disk is full stops reading from connections that
// publish, and that is when queue lengths matter most.
class AmqpBroker : public CeleryBroker {
 public:
  explicit AmqpBroker(const AmqpTarget& target, ControlExchanges exchanges = ControlExchanges());

  // A missing queue is a problem of that queue alone, kMissing.
  BrokerReading Read(const exporter::CollectContext& context,
                     const std::vector<std::string>& queues) override;
  bool TellsScheduled() const override { return false; }
  // Always empty: AMQP has no list of queues.
  std::vector<std::string> FindQueues(const exporter::CollectContext& context) override;
  // Always takes the whole window: AMQP does not report how many workers received a call. Returns
  // no replies if no worker has ever run. Asks all workers, whatever call.workers says.
  std::vector<ControlReply> Call(const exporter::CollectContext& context, const ControlCall& call,
                                 std::chrono::milliseconds window) override;
  // The broker reports this only to connections that publish: here to that of the control calls.
  bool BlocksPublishers() const override { return calling_.blocked(); }
  // Always absent: a worker that failed to write its reply reopens its channel for control calls
  // and goes on.
  std::optional<ControlTakers> Takers(const exporter::CollectContext&) override {
    return std::nullopt;
  }

 private:
  // Declares the queue for replies, one for each connection.
  void OpenReplyQueue(const exporter::CollectContext& context);
  // Binds the reply queue to the exchange of Celery's own replies. A worker's access rules allow
  // that exchange, but may not allow the default one. Returns false if it is not declared yet: a
  // worker's first reply declares it, and is lost.
  bool BindReplyQueue(const exporter::CollectContext& context);
  std::vector<ControlReply> Gather(const exporter::CollectContext& context,
                                   const std::vector<std::string>& methods,
                                   std::uint64_t first_ticket);

  AmqpSession asking_;
  AmqpSession calling_;
  ControlExchanges exchanges_;
  std::string reply_queue_;
  bool is_bound_ = false;
  std::uint64_t reply_connection_ = 0;  // The connection of calling_ that declared reply_queue_.
  std::uint64_t tickets_ = 0;           // Issued so far.
};

}  // namespace collectors
