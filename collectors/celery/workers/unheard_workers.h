#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "collectors/celery/brokers/broker.h"
#include "collectors/celery/brokers/redis_names.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// Workers that are there by what the broker has of them, while none was heard since the start:
// if they live, they use other names than we listen to, and their number is not 0. One thread at
// a time.
class UnheardWorkers {
 public:
  explicit UnheardWorkers(RedisNames names) : names_(std::move(names)) {}

  // So many mailboxes are bound on Redis: those of workers that were killed stay.
  void SawMailboxes(std::size_t mailboxes) { mailboxes_ = mailboxes; }
  // On RabbitMQ somebody consumes from a queue; on Redis there are mailboxes of other names.
  void SawQueues(const BrokerReading& broker);

  // Whether there are such workers. `heard`: whether any worker ever was.
  bool AreThere(bool heard, exporter::SteadyTime now);
  // What to look at, once it has lasted.
  std::optional<exporter::CollectError> Problem(exporter::SteadyTime now) const;

 private:
  RedisNames names_;
  std::size_t mailboxes_ = 0;
  std::string consumed_;         // A queue.
  std::string other_mailboxes_;  // A key.
  std::optional<exporter::SteadyTime> since_;
};

}  // namespace collectors
