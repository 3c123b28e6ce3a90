#include "collectors/celery/brokers/amqp_broker.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "collectors/celery/wire/control_message.h"
#include "collectors/clients/amqp/amqp_rights.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using exporter::SteadyTime;

// Every broker has this exchange: checking it only shows that the broker answers.
constexpr std::string_view kStandardExchange = "amq.direct";
constexpr std::chrono::seconds kReplyTtl(10);
constexpr int kMostReplies = 10'000;
constexpr std::size_t kMostReplyBytes = std::size_t{16} << 20;

// The header `ticket` as a number; absent if it is not one.
std::optional<std::uint64_t> TicketOf(const AmqpMessage& message) {
  for (const auto& [name, text] : message.headers) {
    if (name != "ticket") continue;
    std::uint64_t ticket = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, ticket);
    if (error == std::errc() && stop == end) return ticket;
  }
  return std::nullopt;
}

}  // namespace

AmqpBroker::AmqpBroker(const AmqpTarget& target, ControlExchanges exchanges)
    : asking_(target), calling_(target), exchanges_(std::move(exchanges)) {}

BrokerReading AmqpBroker::Read(const CollectContext& context,
                               const std::vector<std::string>& queues) {
  BrokerReading reading;
  // Even without queues to read, this shows whether the broker answers.
  if (queues.empty()) asking_.CheckExchange(context, std::string(kStandardExchange));
  const std::vector<AmqpQueueAnswer> answers = asking_.PassiveDeclareAll(context, queues);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (const auto* error = std::get_if<CollectError>(&answers[i])) {
      const char* const hint = error->kind() == ErrorKind::kMissing
                                   ? " (a worker declares it when it first starts)"
                                   : "";
      reading.problems.emplace_back(error->kind(), std::string(error->what()) + hint, queues[i]);
      continue;
    }
    const auto& answer = std::get<AmqpQueue>(answers[i]);
    QueueReading& queue = reading.queues.emplace_back();
    queue.name = queues[i];
    queue.waiting = answer.messages;
    queue.consumers = answer.consumers;
  }
  return reading;
}

std::vector<std::string> AmqpBroker::FindQueues(const CollectContext&) { return {}; }

std::vector<ControlReply> AmqpBroker::Call(const CollectContext& context, const ControlCall& call,
                                           std::chrono::milliseconds window) {
  const std::vector<std::string>& methods = call.methods;
  try {
    calling_.CheckExchange(context, exchanges_.calls);
  } catch (const CollectError& error) {
    if (error.kind() == ErrorKind::kMissing) return {};
    throw;
  }
  OpenReplyQueue(context);
  const std::uint64_t first_ticket = tickets_ + 1;
  for (const std::string& method : methods) {
    const std::string ticket = std::to_string(++tickets_);
    // The call expires with the window, so that it leaves the queue of a worker that is busy.
    calling_.Publish(context, exchanges_.calls, "",
                     {{},
                      ControlBody({.method = method,
                                   .ticket = ticket,
                                   .reply_key = reply_queue_,
                                   .reply_exchange = exchanges_.replies}),
                      window});
  }
  const SteadyTime end = std::min(SteadyTime::clock::now() + window, context.deadline.when());
  // The broker's refusal of a call arrives like a reply.
  std::vector<ControlReply> replies = Needing("write " + exchanges_.calls, [&] {
    return Gather({Deadline::At(end), context.watchdog}, methods, first_ticket);
  });
  if (!calling_.blocked()) return replies;
  // While the broker blocks publishers, silence says nothing about the workers.
  throw CollectError(ErrorKind::kConnect,
                     "the broker lets nobody publish, so workers cannot be asked: its memory or "
                     "disk is full");
}

void AmqpBroker::OpenReplyQueue(const CollectContext& context) {
  try {
    if (reply_queue_.empty() || reply_connection_ != calling_.connections()) {
      is_bound_ = false;
      reply_queue_ = Needing(kConfigureOwn, [&] {
        return calling_.DeclareOwnQueue(context, kReplyTtl, kMostReplies);
      });
      Needing(kReadOwn, [&] { calling_.Consume(context, reply_queue_); });
      reply_connection_ = calling_.connections();
    }
    if (!is_bound_) is_bound_ = BindReplyQueue(context);
  } catch (const CollectError&) {
    reply_queue_.clear();
    calling_.Close();  // Also removes a queue without a consumer.
    throw;
  }
}

bool AmqpBroker::BindReplyQueue(const CollectContext& context) {
  try {
    calling_.CheckExchange(context, exchanges_.replies);
  } catch (const CollectError& error) {
    if (error.kind() == ErrorKind::kMissing) return false;
    throw;
  }
  Needing(fmt::format("write {} and read {}", kOwnQueues, exchanges_.replies),
          [&] { calling_.Bind(context, reply_queue_, exchanges_.replies, reply_queue_); });
  return true;
}

std::vector<ControlReply> AmqpBroker::Gather(const CollectContext& context,
                                             const std::vector<std::string>& methods,
                                             std::uint64_t first_ticket) {
  std::vector<ControlReply> replies;
  std::size_t bytes = 0;
  while (std::optional<AmqpMessage> message = calling_.Next(context)) {
    const std::optional<std::uint64_t> ticket = TicketOf(*message);
    // Not one of our tickets, or a late reply to an earlier call.
    if (!ticket || *ticket < first_ticket || *ticket - first_ticket >= methods.size()) continue;
    bytes += message->body.size();
    if (bytes > kMostReplyBytes || replies.size() == kMostReplies) {
      throw CollectError(ErrorKind::kLimit, "the workers' replies are more than 16 MiB or 10,000");
    }
    replies.push_back({std::to_string(*ticket), std::move(message->body),
                       methods[static_cast<std::size_t>(*ticket - first_ticket)],
                       std::move(message->content_type)});
  }
  return replies;
}

}  // namespace collectors
