#include "collectors/celery/workers/unheard_workers.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::SteadyTime;

// Heartbeats come every 2 s, and a worker is asked within control_interval.
constexpr std::chrono::seconds kLong{30};

}  // namespace

void UnheardWorkers::SawQueues(const BrokerReading& broker) {
  other_mailboxes_ = broker.other_mailboxes;
  const auto found =
      std::find_if(broker.queues.begin(), broker.queues.end(),
                   [](const QueueReading& queue) { return queue.consumers.value_or(0) > 0; });
  consumed_ = found == broker.queues.end() ? "" : found->name;
}

bool UnheardWorkers::AreThere(bool heard, SteadyTime now) {
  if (heard || (mailboxes_ == 0 && consumed_.empty() && other_mailboxes_.empty())) {
    since_.reset();
  } else if (!since_) {
    since_ = now;
  }
  return since_.has_value();
}

std::optional<CollectError> UnheardWorkers::Problem(SteadyTime now) const {
  if (!since_ || now - *since_ < kLong) return std::nullopt;
  if (mailboxes_ == 0 && !other_mailboxes_.empty()) {
    return CollectError(
        ErrorKind::kMissing,
        fmt::format("there are mailboxes in {}, and no worker is heard: set control_exchange and "
                    "event_exchange as in Celery's settings. How many workers there are is not "
                    "known",
                    other_mailboxes_),
        "workers");
  }
  if (mailboxes_ == 0) {
    return CollectError(
        ErrorKind::kMissing,
        fmt::format("{} has consumers, and no worker is heard: compare event_exchange and "
                    "control_exchange with Celery's settings. How many workers there are is not "
                    "known",
                    consumed_),
        "workers");
  }
  return CollectError(
      ErrorKind::kMissing,
      fmt::format("{} holds {} of workers, and no worker is heard since the exporter started. If "
                  "they live, compare fanout_prefix, fanout_patterns, event_exchange and "
                  "control_exchange with Celery's settings, and the number of the database; if "
                  "they were killed, SREM what they left. How many workers there are is not known",
                  names_.MailboxBinding(),
                  mailboxes_ == 1 ? "the mailbox" : fmt::format("{} mailboxes", mailboxes_)),
      "workers");
}

}  // namespace collectors
