#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/seam/collector.h"

namespace collectors {

// The message that is taken next from a queue. Nothing of its body is read.
struct QueueHead {
  std::string delivery_tag;   // Tells one delivery of a message from the next.
  std::string uuid;           // Of the task; empty where the message does not say.
  std::optional<double> eta;  // Epoch seconds.
};

// What the broker says of one queue; what it cannot tell is absent.
struct QueueReading {
  std::string name;
  std::optional<double> waiting;    // Not delivered to any worker, of all priorities.
  std::optional<double> unacked;    // Delivered and not acknowledged.
  std::optional<double> scheduled;  // Of those: held back until their eta.
  std::optional<double> consumers;
  std::vector<QueueHead> heads;  // One a priority that has messages.
  bool knows_heads = false;      // Whether this broker shows heads at all.
};

struct BrokerReading {
  std::vector<QueueReading> queues;  // In the order asked for; those that failed left out.
  // Of all queues of this broker's database together.
  std::optional<double> unacked;
  std::optional<double> oldest_unacked_age_seconds;
  std::optional<double> overdue;  // Unacked for longer than the visibility timeout.
  std::string other_mailboxes;    // Where there are some under another control_exchange.
  std::vector<exporter::CollectError> problems;  // Their parts are queue names, "unacked" and such.
};

// A reply to a control call as it came; untrusted.
struct ControlReply {
  std::string ticket;             // Of the call that it answers.
  std::string body;               // JSON: {"w1@host": ...}
  std::string method;             // That was called: bodies alone do not tell one from another.
  std::string content_type = {};  // Empty if the message has none.
};

// A round of control calls.
struct ControlCall {
  std::vector<std::string> methods;
  // The workers that are asked, by node name; absent for all.
  std::optional<std::vector<std::string>> workers = {};
};

// Who takes control calls.
struct ControlTakers {
  std::vector<std::string> workers;  // By node name, in order: also those that were killed.
  std::size_t listening = 0;         // How many of them, and of others, hear a call.
};

// Half of the time that is left: what may fail leaves the rest to what comes after it.
inline exporter::CollectContext HalfOf(const exporter::CollectContext& context) {
  return {exporter::Deadline::After(context.deadline.Remaining() / 2), context.watchdog};
}

// A broker that Celery uses, over one connection: asked, never listened to.
// Every call ends by context.deadline, or throws CollectError; it changes nothing
// but what Call() needs, and removes that. One thread at a time.
class CeleryBroker {
 public:
  virtual ~CeleryBroker() = default;

  // As many commands for a million waiting tasks as for none.
  virtual BrokerReading Read(const exporter::CollectContext& context,
                             const std::vector<std::string>& queues) = 0;

  // Whether Read() tells what is scheduled: workers need not be asked, whose answer is
  // as long as all that they hold.
  virtual bool TellsScheduled() const = 0;

  // Queues that the broker's own registry names; none where it keeps none.
  // Called on a slow schedule; may take several calls to go through a large one,
  // and says meanwhile what it knew before.
  virtual std::vector<std::string> FindQueues(const exporter::CollectContext& context) = 0;

  // Sends the calls, one message each, and gathers what comes back until all who heard
  // have answered each, or `window` is over.
  virtual std::vector<ControlReply> Call(const exporter::CollectContext& context,
                                         const ControlCall& call,
                                         std::chrono::milliseconds window) = 0;

  // Whether the broker lets nobody publish, as far as it has said so: then workers are silent.
  virtual bool BlocksPublishers() const { return false; }

  // If a worker that cannot write its reply may take no task any more: who takes control calls.
  // Such a worker listens no more, which is how it is told from one that is busy. Absent if
  // no worker can be stopped so: all are asked at once.
  virtual std::optional<ControlTakers> Takers(const exporter::CollectContext& context) = 0;
};

}  // namespace collectors
