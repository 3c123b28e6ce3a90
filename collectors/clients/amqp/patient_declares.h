#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "collectors/clients/amqp/amqp_session.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// Passive declares with pauses after a refusal. A queue that is missing or refused costs a channel
// and a line in the broker's log each time that it is declared. So it is declared again after ten
// seconds, then after twice as long each time, at most ten minutes; meanwhile the refusal is its
// answer. A new queue is noticed no later than about the time that it was missing. One thread at a
// time.
class PatientDeclares {
 public:
  // The session must outlive it.
  explicit PatientDeclares(AmqpSession& session) : session_(session) {}

  // Like AmqpSession::PassiveDeclareAll(), at the time `now`. Throws if the broker does not answer,
  // also if no queue is due.
  std::vector<AmqpQueueAnswer> Ask(const exporter::CollectContext& context,
                                   exporter::SteadyTime now,
                                   const std::vector<std::string>& queues);

 private:
  struct Refusal {
    exporter::CollectError error;
    std::chrono::seconds rest;
    exporter::SteadyTime until;
  };

  AmqpSession& session_;
  std::map<std::string, Refusal> refusals_;  // For the queues of the last call.
};

}  // namespace collectors
