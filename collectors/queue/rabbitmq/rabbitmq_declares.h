#pragma once

#include "collectors/clients/amqp/amqp_session.h"
#include "collectors/clients/amqp/patient_declares.h"
#include "collectors/queue/rabbitmq/rabbitmq_source.h"

namespace collectors {

// Passive declares over AMQP 0-9-1: how many messages wait in each named queue, and its consumers,
// as of now. AMQP shows neither unacknowledged messages nor the list of queues.
class RabbitmqDeclares : public RabbitmqSource {
 public:
  explicit RabbitmqDeclares(AmqpTarget target);

  // Throws kQuery if the question asks for discovery.
  RabbitmqFindings Read(const exporter::CollectContext& context,
                        const RabbitmqQuestion& question) override;

 private:
  AmqpSession session_;
  PatientDeclares declares_{session_};
};

}  // namespace collectors
