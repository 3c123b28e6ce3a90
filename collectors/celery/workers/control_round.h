#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "collectors/celery/brokers/broker.h"
#include "collectors/celery/wire/control_message.h"

namespace collectors {

// What came back from one round of control calls.
struct ControlRound {
  std::vector<WorkerReply> replies;
  std::map<std::string, std::size_t> answered;  // How many of the calls, by worker.
  std::string foreign_type;   // Of a reply that is not JSON; empty if there is none.
  std::string failed_method;  // Of a call that a worker answered with an error; empty likewise.
  std::string failed_worker;
};

ControlRound ReadRound(const std::vector<ControlReply>& replies);

}  // namespace collectors
