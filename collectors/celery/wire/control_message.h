#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace collectors {

// The exchanges of control calls and of Celery's own replies (kombu.pidbox.Mailbox).
struct ControlExchanges {
  // `setting` is Celery's control_exchange.
  explicit ControlExchanges(const std::string& setting = "celery")
      : calls(setting + ".pidbox"), replies("reply." + calls) {}

  std::string calls;
  std::string replies;
};

// A control call ("pidbox"): the method, and where workers reply. The protocol: kombu.pidbox, and
// the documentation of celery.app.control.
struct ControlRequest {
  std::string method;               // stats, active, reserved, scheduled, active_queues, ping
  std::string ticket;               // Comes back with each reply.
  std::string reply_key;            // Routing key of the replies; on the default exchange, a
                                    // queue's name.
  double expires = 0;               // Epoch seconds; a worker that is busy until then ignores the
                                    // call.
  std::string reply_exchange = "";  // The default exchange.
  std::vector<std::string> workers = {};   // That should answer; empty for all.
  std::string exchange = "celery.pidbox";  // Of the call itself.
};

// The body of the call, plain JSON: {"method", "arguments", ..., "reply_to"}.
std::string ControlBody(const ControlRequest& request);
// The same in the envelope that is published to a Redis channel.
std::string ControlEnvelope(const ControlRequest& request);

// What a worker reports about itself in replies; absent if it did not.
struct WorkerReply {
  std::string hostname;
  std::optional<double> slots;           // stats: pool.max-concurrency
  std::optional<double> processes;       // stats: how many pool.processes there are
  std::optional<double> prefetch_count;  // stats
  std::optional<double> uptime_seconds;  // stats
  struct HeldTask {
    std::string queue;                 // delivery_info.routing_key
    std::optional<double> time_start;  // epoch seconds
  };
  std::optional<std::vector<HeldTask>> active, reserved, scheduled;
  std::optional<std::vector<std::string>> queues;  // active_queues
  // Those of `queues` in which a later message may come first: queues with priorities, quorum
  // queues (two priorities since RabbitMQ 4), and queues that others declare.
  std::vector<std::string> overtaking = {};
};

// Reads the reply to `method`. Returns nothing if it is not a reply to it ({"error": ...}, cut or
// not JSON). Also returns nothing if it exceeds a bound, because a part would report too little.
// The bounds: 4 MiB, 10,000 tasks, 1,000 queues. Arguments of tasks are not kept.
std::vector<WorkerReply> ReadControlReply(std::string_view method, std::string_view body);
// Returns the worker that reports a failed call, {"w1@host": {"error": ...}}; empty for any other
// reply.
std::string ReadControlError(std::string_view body);

}  // namespace collectors
