#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/seam/collector.h"

namespace collectors {

// The message that is taken next from a queue. Its body is not read.
struct QueueHead {
  std::string delivery_tag;   // Distinguishes one delivery of a message from the next.
  std::string uuid;           // Of the task; empty if the message has none.
  std::optional<double> eta;  // Epoch seconds.
};

// What the broker reports about one queue; absent if it cannot report it.
struct QueueReading {
  std::string name;
  std::optional<double> waiting;    // Not delivered to a worker yet; all priorities.
  std::optional<double> unacked;    // Delivered and not acknowledged.
  std::optional<double> scheduled;  // Of the unacked: held back until their eta.
  std::optional<double> consumers;
  std::vector<QueueHead> heads;  // One for each priority that has messages.
  bool knows_heads = false;      // Whether this broker shows heads at all.
};

struct BrokerReading {
  std::vector<QueueReading> queues;  // In the order asked for, without those that failed.
  // Of all queues of this broker's database together.
  std::optional<double> unacked;
  std::optional<double> oldest_unacked_age_seconds;
  std::optional<double> overdue;  // Unacked for longer than the visibility timeout.
  std::string other_mailboxes;    // Key of a set of another control_exchange; empty if none.
  std::vector<exporter::CollectError> problems;  // Their parts are queue names, "unacked" etc.
};

// A reply to a control call, as received; untrusted.
struct ControlReply {
  std::string ticket;             // Of the call that it answers.
  std::string body;               // JSON: {"w1@host": ...}
  std::string method;             // The method called: the body does not show it.
  std::string content_type = {};  // Empty if the message has none.
};

// A round of control calls.
struct ControlCall {
  std::vector<std::string> methods;
  // Node names of the workers to ask; absent for all.
  std::optional<std::vector<std::string>> workers = {};
};

// The workers that take control calls.
struct ControlTakers {
  std::vector<std::string> workers;  // Node names, sorted; also of workers that were killed.
  std::size_t listening = 0;         // How many of them, and of others, receive a call.
};

// Half of the remaining time: if the first step fails late, the next steps still have the rest.
inline exporter::CollectContext HalfOf(const exporter::CollectContext& context) {
  return {exporter::Deadline::After(context.deadline.Remaining() / 2), context.watchdog};
}

// A broker that Celery uses. It is asked; EventFeed listens. Every call returns by context.deadline
// or throws CollectError. Nothing changes at the broker except what control calls need, and that is
// removed. One thread at a time.
class CeleryBroker {
 public:
  virtual ~CeleryBroker() = default;

  // Sends as many commands for a million waiting tasks as for an empty queue.
  virtual BrokerReading Read(const exporter::CollectContext& context,
                             const std::vector<std::string>& queues) = 0;

  // Whether Read() reports scheduled tasks. If so, workers are not asked for them: such a reply is
  // as long as the list of tasks that the worker holds.
  virtual bool TellsScheduled() const = 0;

  // Returns the queues in the broker's own registry; empty if it keeps none. Called on a slow
  // schedule. A large registry may take several calls: until the last of them the earlier result is
  // returned.
  virtual std::vector<std::string> FindQueues(const exporter::CollectContext& context) = 0;

  // Sends one message per method and gathers the replies, until all workers that received the calls
  // have answered each of them, or `window` is over.
  virtual std::vector<ControlReply> Call(const exporter::CollectContext& context,
                                         const ControlCall& call,
                                         std::chrono::milliseconds window) = 0;

  // Whether the broker has reported that it blocks publishers. Workers are silent then.
  virtual bool BlocksPublishers() const { return false; }

  // Returns the workers that take control calls, if a worker that fails to write its reply may stop
  // taking tasks. Such a worker stops listening, and so differs from one that is busy. Absent if a
  // reply cannot stop a worker: all are asked at once.
  virtual std::optional<ControlTakers> Takers(const exporter::CollectContext& context) = 0;
};

}  // namespace collectors
