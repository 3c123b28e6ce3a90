#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "collectors/clients/amqp/amqp_message.h"
#include "collectors/clients/net/tls.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/secret.h"

namespace collectors {

// The address of a RabbitMQ server and our login. `url` and `password` are loaded again for each
// new connection. `password`, if given, overrides the URL's.
//   amqp://[user[:password]@][host][:port][/vhost], amqps:// with TLS, also pyamqp://
//   amqp://a;amqp://b: each new connection is to the first server that can be reached
struct AmqpTarget {
  exporter::SecretSource url;
  std::string user;
  exporter::SecretSource password;
  std::string client_name;  // In the management plugin's list of connections: "exporter:jobs".
  TlsOptions tls = {};
  // Either side closes the connection if the other one sends nothing for two of these. A subscriber
  // chooses a short one. A client with rare requests needs a long one, or the server would close
  // the connection between two requests.
  std::chrono::seconds heartbeat = std::chrono::hours(1);
};

// The answer to a passive declare.
struct AmqpQueue {
  double messages = 0;  // Ready to be delivered.
  double consumers = 0;
};

// The answer for one queue in PassiveDeclareAll().
using AmqpQueueAnswer = std::variant<AmqpQueue, exporter::CollectError>;

class AmqpConnection;
struct AmqpEndpoint;

// One connection to a RabbitMQ server (AMQP 0-9-1,
// https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf), opened when first needed and again after
// a failure. If a kept connection turns out to be broken, requests that are safe to repeat are sent
// once more. Every call ends by context.deadline or throws CollectError, whose text names the
// server. If the server has stopped reading from publishers (its memory or disk is full), requests
// throw kConnect at once: an answer could not come. One thread at a time.
class AmqpSession {
 public:
  explicit AmqpSession(AmqpTarget target);
  ~AmqpSession();
  AmqpSession(const AmqpSession&) = delete;
  AmqpSession& operator=(const AmqpSession&) = delete;

  // Returns each queue's answer or its error: kMissing for an unknown queue (404), kPermission for
  // a refused one (403) and for one that is exclusive to another connection (405). Sends 100 queues
  // at a time; a refusal closes the channel, so the queues after it are sent again.
  std::vector<AmqpQueueAnswer> PassiveDeclareAll(const exporter::CollectContext& context,
                                                 const std::vector<std::string>& queues);
  // Declares a queue for this connection alone and returns its name. It is deleted with the
  // connection (a change of connections() shows that) and with the channel that consumes from it.
  // Bounded: messages live for `ttl`, and there are at most `max_length` of them.
  std::string DeclareOwnQueue(const exporter::CollectContext& context,
                              std::chrono::milliseconds ttl, int max_length);
  // A passive declare: throws kMissing if the exchange does not exist.
  void CheckExchange(const exporter::CollectContext& context, const std::string& exchange);
  void Bind(const exporter::CollectContext& context, const std::string& queue,
            const std::string& exchange, const std::string& key);
  // Subscribes to the queue. Messages need no acknowledgement.
  void Consume(const exporter::CollectContext& context, const std::string& queue);
  // Publishes a JSON text to the exchange, not persistent.
  void Publish(const exporter::CollectContext& context, const std::string& exchange,
               const std::string& key, const AmqpMessage& message);
  // Returns the next message; nothing if none arrived by the deadline, which may have passed
  // already. Sends and expects the protocol's heartbeats: throws kTimeout if the server is silent
  // for two of them. Throws kConnect if there is no connection or if the server ended the
  // subscription.
  std::optional<AmqpMessage> Next(const exporter::CollectContext& context);

  // Asks how many messages wait in the subscription's queue. The answer arrives during Next(). One
  // question at a time.
  void Sound(const exporter::CollectContext& context, const std::string& queue);
  // Returns the answer to Sound() once.
  std::optional<double> TakeSounding();

  // Whether the server has stopped reading what we publish: the last messages may not have arrived.
  bool blocked() const;
  // Returns how often it has connected.
  std::uint64_t connections() const { return connections_; }
  // Sends a goodbye and waits a fraction of a second until the server has received it.
  void Close();

 private:
  // Makes the call once, on the kept connection or on a new one.
  template <typename Call>
  auto Run(const exporter::CollectContext& context, const Call& call);
  // Makes the call again if a kept connection turns out to be broken.
  template <typename Call>
  auto Ask(const exporter::CollectContext& context, const Call& call);
  // Tries the servers of the URL in their order.
  std::unique_ptr<AmqpConnection> Connect(const exporter::CollectContext& context);
  std::unique_ptr<AmqpConnection> ConnectTo(const exporter::CollectContext& context,
                                            const AmqpEndpoint& endpoint);

  AmqpTarget target_;
  std::unique_ptr<AmqpConnection> connection_;  // Null when not connected.
  std::string server_;                          // "host:port" of the last connection.
  std::uint64_t connections_ = 0;
};

}  // namespace collectors
