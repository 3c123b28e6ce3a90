#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace collectors {

// The exchanges of control calls, and that Celery's own replies go by (kombu.pidbox.Mailbox).
struct ControlExchanges {
  // By Celery's setting control_exchange.
  explicit ControlExchanges(const std::string& setting = "celery")
      : calls(setting + ".pidbox"), replies("reply." + calls) {}

  std::string calls;
  std::string replies;
};

// A control call ("pidbox"): who is to reply where. The protocol:
// kombu.pidbox, and docs of celery.app.control.
struct ControlRequest {
  std::string method;               // stats, active, reserved, scheduled, active_queues, ping
  std::string ticket;               // Comes back with each reply.
  std::string reply_key;            // Routing key of the replies; on the default exchange, a queue.
  double expires = 0;               // Epoch seconds; a worker that is busy until then ignores it.
  std::string reply_exchange = "";  // The default one.
  std::vector<std::string> workers = {};   // That are to answer; none for all.
  std::string exchange = "celery.pidbox";  // Of the call itself.
};

// The body of the call, plain JSON: {"method", "arguments", ..., "reply_to"}.
std::string ControlBody(const ControlRequest& request);
// The same in the envelope that goes onto a Redis channel.
std::string ControlEnvelope(const ControlRequest& request);

// What a worker says of itself in replies. Absent where it did not say.
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
  // Of these, those in which a later message may come first: with priorities, of quorum type (two
  // priorities since RabbitMQ 4), or declared by others.
  std::vector<std::string> overtaking = {};
};

// Reads the reply to `method`: none where it is no reply to it ({"error": ...}, cut or
// not JSON), and where it is over a bound, as a part of it would tell of less than there
// is: 4 MiB, 10,000 tasks, 1,000 queues. No argument of a task is kept.
std::vector<WorkerReply> ReadControlReply(std::string_view method, std::string_view body);
// The worker whose reply is that the call failed, {"w1@host": {"error": ...}}; empty for any
// other reply.
std::string ReadControlError(std::string_view body);

}  // namespace collectors
