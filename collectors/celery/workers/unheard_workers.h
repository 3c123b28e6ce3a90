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

// Workers that exist by what the broker has of them, though none was heard since the start. If they
// are alive, they use other names than we listen to, and the number of workers is unknown, not 0.
// One thread at a time.
class UnheardWorkers {
 public:
  explicit UnheardWorkers(RedisNames names) : names_(std::move(names)) {}

  // Mailboxes bound on Redis; those of killed workers stay.
  void SawMailboxes(std::size_t mailboxes) { mailboxes_ = mailboxes; }
  // Notes a queue with consumers on RabbitMQ, and mailboxes of other names on Redis.
  void SawQueues(const BrokerReading& broker);

  // Whether there are such workers. `heard`: whether any worker was ever heard.
  bool AreThere(bool heard, exporter::SteadyTime now);
  // What to check, once this has lasted.
  std::optional<exporter::CollectError> Problem(exporter::SteadyTime now) const;

 private:
  RedisNames names_;
  std::size_t mailboxes_ = 0;
  std::string consumed_;         // A queue with consumers.
  std::string other_mailboxes_;  // The key of a set.
  std::optional<exporter::SteadyTime> since_;
};

}  // namespace collectors
