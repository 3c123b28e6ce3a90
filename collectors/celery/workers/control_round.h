#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "collectors/celery/brokers/broker.h"
#include "collectors/celery/wire/control_message.h"

namespace collectors {

// The replies to one round of control calls.
struct ControlRound {
  std::vector<WorkerReply> replies;
  std::map<std::string, std::size_t> answered;  // How many of the calls each worker answered.
  std::string foreign_type;   // Content type of a reply that is not JSON; empty if all are.
  std::string failed_method;  // A call that a worker answered with an error; empty if there is
                              // none.
  std::string failed_worker;
};

ControlRound ReadRound(const std::vector<ControlReply>& replies);

}  // namespace collectors
