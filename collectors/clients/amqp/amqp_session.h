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

// Where a RabbitMQ is and who asks. `url` and `password` are loaded again at each
// new connection; `password`, where given, wins over the URL's.
//   amqp://[user[:password]@][host][:port][/vhost], amqps:// by TLS, also pyamqp://
struct AmqpTarget {
  exporter::SecretSource url;
  std::string user;
  exporter::SecretSource password;
  std::string client_name;  // In the management's list of connections: "exporter:jobs".
  TlsOptions tls = {};
  // The server ends a connection that says nothing for two of these, and we leave
  // a server that does. For one who listens all the time; one who asks now and
  // then would be cut between two questions.
  std::chrono::seconds heartbeat = std::chrono::hours(1);
};

// What a passive declare tells.
struct AmqpQueue {
  double messages = 0;  // Ready to be delivered.
  double consumers = 0;
};

// One queue's answer in PassiveDeclareAll().
using AmqpQueueAnswer = std::variant<AmqpQueue, exporter::CollectError>;

class AmqpConnection;

// One connection to a RabbitMQ (AMQP 0-9-1,
// https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf), opened when first needed
// and again after a failure; what only asks is asked once more where a kept
// connection broke meanwhile. Every call ends by context.deadline, or throws
// CollectError, whose text names the server. Where the server has stopped to read
// what publishers send (its memory or disk is full), calls throw kConnect at once,
// rather than wait for an answer that cannot come. One thread at a time.
class AmqpSession {
 public:
  explicit AmqpSession(AmqpTarget target);
  ~AmqpSession();
  AmqpSession(const AmqpSession&) = delete;
  AmqpSession& operator=(const AmqpSession&) = delete;

  // Each queue's answer, or why it has none: kMissing for an unknown one (404),
  // kPermission for a refused one (403) and for one that is another connection's own
  // (405). As many round trips as there are refusals, and one more.
  std::vector<AmqpQueueAnswer> PassiveDeclareAll(const exporter::CollectContext& context,
                                                 const std::vector<std::string>& queues);
  // A queue of this connection alone, which goes with it (connections() tells when),
  // and with the channel that consumes from it; returns its name. Bounded: messages
  // live `ttl`, and no more than `max_length` of them.
  std::string DeclareOwnQueue(const exporter::CollectContext& context,
                              std::chrono::milliseconds ttl, int max_length);
  // Passive: throws kMissing where there is no such exchange.
  void CheckExchange(const exporter::CollectContext& context, const std::string& exchange);
  void Bind(const exporter::CollectContext& context, const std::string& queue,
            const std::string& exchange, const std::string& key);
  // From here on messages come, none of which needs an acknowledgement.
  void Consume(const exporter::CollectContext& context, const std::string& queue);
  // A text of JSON, not persistent, to the exchange.
  void Publish(const exporter::CollectContext& context, const std::string& exchange,
               const std::string& key, const AmqpMessage& message);
  // The next message; absent where none came by the deadline, also where that has
  // passed before. Sends and expects the protocol's heartbeats: throws kTimeout where
  // the server is silent for two. Throws kConnect where there is no connection, and
  // where the server ended the subscription.
  std::optional<AmqpMessage> Next(const exporter::CollectContext& context);

  // Asks how many messages wait in the queue of the subscription, without waiting for the
  // answer, which comes with Next(). One question at a time.
  void Sound(const exporter::CollectContext& context, const std::string& queue);
  // The answer to Sound(), once.
  std::optional<double> TakeSounding();

  // Whether the server has stopped to read what was published: it may not have been heard.
  bool blocked() const;
  // How often it has connected.
  std::uint64_t connections() const { return connections_; }
  // Says goodbye, and waits a fraction of a second for the server to have heard it.
  void Close();

 private:
  // Once, on the connection that there is or on a new one.
  template <typename Call>
  auto Run(const exporter::CollectContext& context, const Call& call);
  // Twice where a kept connection turns out to be broken.
  template <typename Call>
  auto Ask(const exporter::CollectContext& context, const Call& call);
  std::unique_ptr<AmqpConnection> Connect(const exporter::CollectContext& context);

  AmqpTarget target_;
  std::unique_ptr<AmqpConnection> connection_;  // Null when not connected.
  std::string server_;                          // "host:port" of the last connection.
  std::uint64_t connections_ = 0;
};

}  // namespace collectors
