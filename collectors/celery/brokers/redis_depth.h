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
  std::size_t queue;  // Index into the reading's queues.
  std::string key;
  double length;
};

// The depth of queues, and the lists to look into. Pure.
struct RedisDepth {
  BrokerReading reading;
  std::vector<WaitingList> lists;
};

// Commands for the lengths of all lists of the queues, and three about unacknowledged messages.
// `now` is in epoch seconds, like the scores of unacked_index.
std::vector<RedisCommand> DepthCommands(const RedisNames& names,
                                        const std::vector<std::string>& queues,
                                        std::chrono::duration<double> visibility_timeout,
                                        double now);
// Reads their replies. What was refused is absent, and the reason is in problems. Throws
// CollectError if everything was refused. If a queue's key is not a list, that is kMissing: no
// queue has that name.
RedisDepth ReadDepth(const RedisNames& names, const std::vector<std::string>& queues,
                     const std::vector<RedisReply>& replies, double now);

// Adds the head of this list, if it is a Celery message.
void ReadHead(const WaitingList& list, const RedisReply& reply, BrokerReading& reading);

// Messages of the hash `unacked`, by delivery tag; without a value if it is not Celery's.
using UnackedMessages = std::map<std::string, std::optional<UnackedMessage>>;

struct ShareTime {
  double now;  // Epoch seconds.
  exporter::Deadline until;
};

// Counts the messages by queue. A queue's share is absent if a message may be its own or another
// queue's. If a message may be of any queue, all shares are absent, with a problem.
void ShareUnacked(const UnackedMessages& messages, RedisBindings& bindings, const ShareTime& time,
                  BrokerReading& reading);

}  // namespace collectors
