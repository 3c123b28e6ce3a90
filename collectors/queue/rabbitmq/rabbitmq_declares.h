#pragma once

#include "collectors/clients/amqp/amqp_session.h"
#include "collectors/clients/amqp/patient_declares.h"
#include "collectors/queue/rabbitmq/rabbitmq_source.h"

namespace collectors {

// Passive declares over AMQP 0-9-1: how many messages of each named queue wait, and
// its consumers, as of now. AMQP tells neither what is not acknowledged nor which
// queues there are.
class RabbitmqDeclares : public RabbitmqSource {
 public:
  explicit RabbitmqDeclares(AmqpTarget target);

  // Throws kQuery where the question is for discovery.
  RabbitmqFindings Read(const exporter::CollectContext& context,
                        const RabbitmqQuestion& question) override;

 private:
  AmqpSession session_;
  PatientDeclares declares_{session_};
};

}  // namespace collectors
