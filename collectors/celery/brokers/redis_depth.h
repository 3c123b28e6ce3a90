#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collectors/celery/brokers/broker.h"
#include "collectors/celery/brokers/redis_bindings.h"
#include "collectors/celery/brokers/redis_message.h"
#include "collectors/celery/brokers/redis_names.h"
#include "collectors/clients/redis/redis_reply.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// A list that holds messages.
struct WaitingList {
  std::size_t queue;  // Of the reading's queues.
  std::string key;
  double length;
};

// How much there is, and where to look for more. Pure.
struct RedisDepth {
  BrokerReading reading;
  std::vector<WaitingList> lists;
};

// The lengths of all lists of the queues, and three commands about what is
// unacknowledged. `now` is epoch seconds, as are the scores of unacked_index.
std::vector<RedisCommand> DepthCommands(const RedisNames& names,
                                        const std::vector<std::string>& queues,
                                        std::chrono::duration<double> visibility_timeout,
                                        double now);
// Reads their replies: what was refused is absent, and why is in problems. Throws
// CollectError where everything was. A queue whose key is no list is kMissing, as
// there is no queue of that name.
RedisDepth ReadDepth(const RedisNames& names, const std::vector<std::string>& queues,
                     const std::vector<RedisReply>& replies, double now);

// Adds the head of this list. What is no message of Celery is none.
void ReadHead(const WaitingList& list, const RedisReply& reply, BrokerReading& reading);

// Those of the hash `unacked`, by delivery tag; without a value what is none of
// Celery's.
using UnackedMessages = std::map<std::string, std::optional<UnackedMessage>>;

struct ShareTime {
  double now;  // Epoch seconds.
  exporter::Deadline until;
};

// Shares them out to the queues. A queue's part is absent where a message cannot be
// told to be another's; all are, with a problem, where it may be any queue's.
void ShareUnacked(const UnackedMessages& messages, RedisBindings& bindings, const ShareTime& time,
                  BrokerReading& reading);

}  // namespace collectors
