#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "collectors/clients/amqp/amqp_session.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// Passive declares that do not insist: a queue that is not there, or is refused, costs a
// channel and a line in the broker's log each time that it is asked for. So it is asked
// again after ten seconds, then after twice as long each time, ten minutes at most; until
// then the refusal is its answer. A new queue is seen after no longer than it was missing.
// One thread.
class PatientDeclares {
 public:
  // The session must outlive it.
  explicit PatientDeclares(AmqpSession& session) : session_(session) {}

  // As AmqpSession::PassiveDeclareAll at that time. Throws if the broker does not answer,
  // also where no queue is to be asked for.
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
  std::map<std::string, Refusal> refusals_;  // Of the queues that were asked for last.
};

}  // namespace collectors
