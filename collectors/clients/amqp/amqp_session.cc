#include "collectors/clients/amqp/amqp_session.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "collectors/clients/amqp/amqp_connection.h"
#include "collectors/clients/amqp/amqp_error.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;

constexpr std::uint16_t kAskChannel = AmqpConnection::kAskChannel;
constexpr std::uint16_t kOwnChannel = AmqpConnection::kOwnChannel;
// The most queues in one pipeline.
constexpr std::size_t kMostPipelined = 100;

// The current addresses of the target; reads its URL and password again. The texts of the
// exceptions caught here name a file or a rule, never a secret.
std::vector<AmqpEndpoint> EndpointsOf(const AmqpTarget& target) {
  try {
    std::vector<AmqpEndpoint> endpoints = ParseAmqpUrls(target.url.Load().Reveal());
    for (AmqpEndpoint& endpoint : endpoints) {
      if (!target.user.empty()) endpoint.user = target.user;
      if (target.password.given()) endpoint.password = target.password.Load();
    }
    return endpoints;
  } catch (const std::runtime_error& error) {
    throw CollectError(ErrorKind::kConnect, error.what());
  } catch (const std::invalid_argument& error) {
    throw CollectError(ErrorKind::kConnect, error.what());
  }
}

// Whether the next server of a list is worth a try. A refused login is not: it would be refused
// there too, and must be seen.
bool CannotBeReached(const CollectError& error) {
  return error.kind() == ErrorKind::kConnect || error.kind() == ErrorKind::kTimeout;
}

// Returns the error with the server's name before its text: a log may cover many servers.
CollectError Named(const CollectError& error, const std::string& server) {
  return {error.kind(), server + ": " + error.what()};
}

constexpr char kNoSubscription[] = "the subscription ended with its connection";
constexpr char kLongName[] = "no name of AMQP is longer than 255 bytes";

bool IsName(const std::string& name) { return name.size() <= kAmqpMostNameBytes; }

amqp_bytes_t NameBytes(const std::string& name) {
  if (!IsName(name)) throw AmqpChannelError(ErrorKind::kQuery, kLongName, 0);
  return AmqpBytes(name);
}

AmqpQueue QueueOf(const AmqpMethod& method) {
  const auto& answer = method.As<amqp_queue_declare_ok_t>();
  return {static_cast<double>(answer.message_count), static_cast<double>(answer.consumer_count)};
}

// Asks for the queues from answers.size() on and takes the answers up to the first refusal. A
// refusal closes the channel, and the requests after it are lost.
void DeclareSome(const CollectContext& context, AmqpConnection& connection,
                 const std::vector<std::string>& queues, std::vector<AmqpQueueAnswer>& answers) {
  const auto first = queues.begin() + static_cast<std::ptrdiff_t>(answers.size());
  const auto most = std::min<std::ptrdiff_t>(queues.end() - first, kMostPipelined);
  const auto end = std::find_if_not(first, first + most, IsName);
  if (first == end) return void(answers.emplace_back(CollectError(ErrorKind::kMissing, kLongName)));
  connection.OpenChannel(context, kAskChannel);
  try {
    std::string frames;
    for (auto queue = first; queue != end; ++queue) {
      frames += AmqpPassiveDeclareFrame(kAskChannel, NameBytes(*queue));
    }
    connection.Send(context, frames);
    for (auto queue = first; queue != end; ++queue) {
      answers.emplace_back(
          QueueOf(connection.Await(context, kAskChannel, AMQP_QUEUE_DECLARE_OK_METHOD)));
    }
  } catch (const AmqpChannelError& error) {
    if (error.channel() != kAskChannel) throw;
    answers.emplace_back(CollectError(error.kind(), error.what()));
  }
}

amqp_table_entry_t NumberEntry(std::string_view name, int number) {
  amqp_table_entry_t entry = {};
  entry.key = AmqpBytes(name);
  entry.value.kind = AMQP_FIELD_KIND_I32;
  entry.value.value.i32 = number;
  return entry;
}

}  // namespace

AmqpSession::AmqpSession(AmqpTarget target) : target_(std::move(target)) {}
AmqpSession::~AmqpSession() { Close(); }

std::unique_ptr<AmqpConnection> AmqpSession::Connect(const CollectContext& context) {
  const std::vector<AmqpEndpoint> endpoints = EndpointsOf(target_);
  std::string failures;
  for (std::size_t i = 0; i + 1 < endpoints.size(); ++i) {
    // A mute server takes its share of the time, not that of the next ones.
    const auto share = context.deadline.Remaining() / static_cast<int>(endpoints.size() - i);
    try {
      return ConnectTo({Deadline::After(share), context.watchdog}, endpoints[i]);
    } catch (const CollectError& error) {
      if (!CannotBeReached(error)) throw;
      failures += std::string(error.what()) + "; ";
    }
  }
  try {
    return ConnectTo(context, endpoints.back());
  } catch (const CollectError& error) {
    throw CollectError(error.kind(), failures + error.what());
  }
}

std::unique_ptr<AmqpConnection> AmqpSession::ConnectTo(const CollectContext& context,
                                                       const AmqpEndpoint& endpoint) {
  server_ = endpoint.Name();
  try {
    auto connection = std::make_unique<AmqpConnection>(context, endpoint, target_.tls,
                                                       target_.client_name, target_.heartbeat);
    ++connections_;
    return connection;
  } catch (const CollectError& error) {
    throw Named(error, server_);
  }
}

template <typename Call>
auto AmqpSession::Run(const CollectContext& context, const Call& call) {
  // Moved out, so that any exception closes it.
  std::unique_ptr<AmqpConnection> connection = std::move(connection_);
  if (connection == nullptr) connection = Connect(context);
  try {
    connection->CatchUp(context);
    if (connection->blocked()) {
      throw AmqpChannelError(ErrorKind::kConnect,
                             "the server lets nobody publish: its memory or disk is full", 0);
    }
    auto result = call(*connection);
    connection_ = std::move(connection);
    return result;
  } catch (const AmqpChannelError& error) {
    connection_ = std::move(connection);
    throw Named(error, server_);
  } catch (const CollectError& error) {
    throw Named(error, server_);
  }
}

template <typename Call>
auto AmqpSession::Ask(const CollectContext& context, const Call& call) {
  const bool is_kept = connection_ != nullptr;
  try {
    return Run(context, call);
  } catch (const CollectError& error) {
    // A kept connection may have been closed meanwhile (a server restart): try once more.
    if (!is_kept || error.kind() != ErrorKind::kConnect) throw;
  }
  return Run(context, call);
}

std::vector<AmqpQueueAnswer> AmqpSession::PassiveDeclareAll(
    const CollectContext& context, const std::vector<std::string>& queues) {
  std::vector<AmqpQueueAnswer> answers = Ask(context, [&](AmqpConnection& connection) {
    std::vector<AmqpQueueAnswer> some;
    while (some.size() < queues.size()) DeclareSome(context, connection, queues, some);
    return some;
  });
  for (AmqpQueueAnswer& answer : answers) {
    if (const auto* error = std::get_if<CollectError>(&answer)) answer = Named(*error, server_);
  }
  return answers;
}

std::string AmqpSession::DeclareOwnQueue(const CollectContext& context,
                                         std::chrono::milliseconds ttl, int max_length) {
  return Ask(context, [&](AmqpConnection& connection) {
    std::array<amqp_table_entry_t, 2> arguments = {
        NumberEntry("x-message-ttl", static_cast<int>(ttl.count())),
        NumberEntry("x-max-length", max_length)};
    amqp_queue_declare_t declare = {};
    declare.exclusive = 1;
    declare.auto_delete = 1;
    declare.arguments = {static_cast<int>(arguments.size()), arguments.data()};
    connection.OpenChannel(context, kOwnChannel);
    const AmqpMethod answer = connection.Ask(context, kOwnChannel, AMQP_QUEUE_DECLARE_METHOD,
                                             &declare, AMQP_QUEUE_DECLARE_OK_METHOD);
    return std::string(AmqpText(answer.As<amqp_queue_declare_ok_t>().queue));
  });
}

void AmqpSession::CheckExchange(const CollectContext& context, const std::string& exchange) {
  Ask(context, [&](AmqpConnection& connection) {
    amqp_exchange_declare_t declare = {};
    declare.exchange = NameBytes(exchange);
    declare.type = AmqpBytes("topic");  // A passive declare ignores it.
    declare.passive = 1;
    connection.OpenChannel(context, kAskChannel);
    return connection
        .Ask(context, kAskChannel, AMQP_EXCHANGE_DECLARE_METHOD, &declare,
             AMQP_EXCHANGE_DECLARE_OK_METHOD)
        .id();
  });
}

void AmqpSession::Bind(const CollectContext& context, const std::string& queue,
                       const std::string& exchange, const std::string& key) {
  Run(context, [&](AmqpConnection& connection) {
    amqp_queue_bind_t bind = {};
    bind.queue = NameBytes(queue);
    bind.exchange = NameBytes(exchange);
    bind.routing_key = NameBytes(key);
    connection.OpenChannel(context, kOwnChannel);
    return connection
        .Ask(context, kOwnChannel, AMQP_QUEUE_BIND_METHOD, &bind, AMQP_QUEUE_BIND_OK_METHOD)
        .id();
  });
}

void AmqpSession::Consume(const CollectContext& context, const std::string& queue) {
  Run(context, [&](AmqpConnection& connection) {
    amqp_basic_consume_t consume = {};
    consume.queue = NameBytes(queue);
    consume.no_ack = 1;
    connection.OpenChannel(context, kOwnChannel);
    return connection
        .Ask(context, kOwnChannel, AMQP_BASIC_CONSUME_METHOD, &consume,
             AMQP_BASIC_CONSUME_OK_METHOD)
        .id();
  });
}

void AmqpSession::Publish(const CollectContext& context, const std::string& exchange,
                          const std::string& key, const AmqpMessage& message) {
  Run(context, [&](AmqpConnection& connection) {
    amqp_basic_publish_t publish = {};
    publish.exchange = NameBytes(exchange);
    publish.routing_key = NameBytes(key);
    connection.OpenChannel(context, kOwnChannel);
    connection.Send(context,
                    AmqpMethodFrame(kOwnChannel, AMQP_BASIC_PUBLISH_METHOD, &publish) +
                        AmqpContentFrames(kOwnChannel, message, connection.most_frame_bytes()));
    return true;
  });
}

std::optional<AmqpMessage> AmqpSession::Next(const CollectContext& context) {
  if (connection_ == nullptr) {
    throw CollectError(ErrorKind::kConnect, kNoSubscription);
  }
  // Moved out, so that any exception closes it.
  std::unique_ptr<AmqpConnection> connection = std::move(connection_);
  try {
    std::optional<AmqpMessage> message = connection->NextMessage(context);
    connection_ = std::move(connection);
    return message;
  } catch (const CollectError& error) {
    throw Named(error, server_);
  }
}

void AmqpSession::Sound(const CollectContext& context, const std::string& queue) {
  if (connection_ == nullptr) {
    throw CollectError(ErrorKind::kConnect, kNoSubscription);
  }
  // Moved out, so that any exception closes it.
  std::unique_ptr<AmqpConnection> connection = std::move(connection_);
  try {
    connection->Sound(context, queue);
    connection_ = std::move(connection);
  } catch (const CollectError& error) {
    throw Named(error, server_);
  }
}

std::optional<double> AmqpSession::TakeSounding() {
  return connection_ == nullptr ? std::nullopt : connection_->TakeSounding();
}

bool AmqpSession::blocked() const { return connection_ != nullptr && connection_->blocked(); }

void AmqpSession::Close() {
  if (connection_ == nullptr) return;
  connection_->Part();
  connection_.reset();
}

}  // namespace collectors
