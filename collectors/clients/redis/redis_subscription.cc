#include "collectors/clients/redis/redis_subscription.h"

#include <algorithm>
#include <utility>

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using exporter::SteadyTime;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Type = RedisReply::Type;

// A message has four elements; the reply to ROLE has some for each replica.
constexpr ReplyBounds kBounds = {.bytes = std::size_t{16} << 20, .elements = 4096};
// Reading stops at its deadline and leaves the socket open. The watchdog shuts the socket down only
// if a call hangs for this long after the deadline.
constexpr milliseconds kGrace{5000};
// Time for the sentinels and, if none of them answers, for the master itself.
constexpr milliseconds kFollowTime{2000};

// The kind of a pushed reply is its first element.
std::string_view WordOf(const RedisReply& said) {
  if (said.type != Type::kArray || said.items.empty()) return {};
  return said.items.front().text;
}

bool IsConfirmation(const RedisReply& said) {
  const std::string_view word = WordOf(said);
  return word == "subscribe" || word == "psubscribe";
}

bool IsMessage(const RedisReply& said) {
  const std::string_view word = WordOf(said);
  return (word == "message" && said.items.size() == 3) ||
         (word == "pmessage" && said.items.size() == 4);
}

std::vector<RedisCommand> CommandsFor(const RedisChannels& wanted) {
  std::vector<RedisCommand> commands;
  for (const std::string& channel : wanted.channels) commands.push_back({"SUBSCRIBE", channel});
  for (const std::string& pattern : wanted.patterns) commands.push_back({"PSUBSCRIBE", pattern});
  return commands;
}

RedisReply AnswerOf(RedisConnection& connection, const CollectContext& context) {
  while (true) {
    std::optional<RedisReply> said = connection.Next(context, context.deadline);
    if (!said) throw CollectError(ErrorKind::kTimeout, "SUBSCRIBE: the time was up");
    if (said->type == Type::kError || IsConfirmation(*said)) return *std::move(said);
    if (!IsMessage(*said)) throw CollectError(ErrorKind::kProtocol, "SUBSCRIBE: a strange answer");
  }
}

}  // namespace

RedisSubscription::RedisSubscription(RedisTarget target, RedisPatience patience)
    : dialer_(std::move(target)), patience_(patience) {}

void RedisSubscription::Open(const CollectContext& context) {
  connection_.reset();
  connection_ = dialer_.Connect(context, kBounds);
  heard_ = followed_ = steady_clock::now();
  asked_.reset();
  probe_.reset();
}

void RedisSubscription::Subscribe(const CollectContext& context, const RedisChannels& wanted) {
  std::unique_ptr<RedisConnection> connection = std::move(connection_);
  if (connection == nullptr) throw CollectError(ErrorKind::kConnect, "there is no connection");
  try {
    const std::vector<RedisCommand> commands = CommandsFor(wanted);
    connection->Send(context, commands);
    std::vector<CollectError> refusals;
    for (const RedisCommand& command : commands) {
      const RedisReply answer = AnswerOf(*connection, context);
      if (answer.type == Type::kError) refusals.push_back(RedisError(command.front(), answer));
    }
    if (refusals.size() == commands.size() && !refusals.empty()) throw CollectError(refusals[0]);
    connection_ = std::move(connection);
  } catch (const CollectError& error) {
    throw Named(error, connection->endpoint());
  }
  heard_ = caught_up_ = steady_clock::now();
}

void RedisSubscription::Read(const CollectContext& context, const Take& take) {
  // Moved out, so that any exception closes it.
  std::unique_ptr<RedisConnection> connection = std::move(connection_);
  if (connection == nullptr) throw CollectError(ErrorKind::kConnect, "there is no connection");
  try {
    ReadFrom(*connection, context, take);
    connection_ = std::move(connection);
  } catch (const CollectError& error) {
    throw Named(error, connection->endpoint());
  }
}

void RedisSubscription::ReadFrom(RedisConnection& connection, const CollectContext& context,
                                 const Take& take) {
  const SteadyTime end = context.deadline.when();
  const CollectContext patient{Deadline::At(std::max(end, steady_clock::now()) + kGrace),
                               context.watchdog};
  FollowMaster(connection, context);
  bool has_heard_all = false;
  do {
    const Deadline until = Deadline::At(std::min(end, NextStep()));
    if (const std::optional<RedisReply> said = connection.Next(patient, until)) {
      Accept(*said, take);
      has_heard_all = false;
    } else {
      ExpectLife(connection, patient);
      has_heard_all = true;
    }
  } while (!context.deadline.Expired());
  Probe(connection, patient, has_heard_all);
}

// If input is left, the server may already have closed the connection; it would answer a PING with
// a reset, which loses that input. So the probe waits, but not longer than ten intervals.
void RedisSubscription::Probe(RedisConnection& connection, const CollectContext& context,
                              bool has_heard_all) {
  if (asked_ || probe_) return;
  const SteadyTime now = steady_clock::now();
  if (now - caught_up_ < (has_heard_all ? patience_.probe : 10 * patience_.probe)) return;
  connection.Send(context, {{"PING"}});
  probe_ = now;
}

void RedisSubscription::Accept(const RedisReply& said, const Take& take) {
  const bool is_answer = asked_ || probe_;
  heard_ = steady_clock::now();
  asked_.reset();
  if (IsMessage(said)) {
    const auto& items = said.items;
    return take(items[items.size() - 2].text, items.back().text);
  }
  // An error counts as the answer if the user may not send PING.
  if (WordOf(said) == "pong" || (said.type == Type::kError && is_answer)) {
    if (probe_) caught_up_ = *probe_;
    return probe_.reset();
  }
  if (said.type == Type::kError) throw RedisError("a subscription", said);
  throw CollectError(ErrorKind::kProtocol, "a subscription is told something strange");
}

SteadyTime RedisSubscription::NextStep() const {
  return asked_ ? *asked_ + patience_.answer : heard_ + patience_.silence;
}

void RedisSubscription::ExpectLife(RedisConnection& connection, const CollectContext& context) {
  const SteadyTime now = steady_clock::now();
  if (now < NextStep()) return;
  if (asked_) {
    throw CollectError(ErrorKind::kTimeout, "the server no longer answers a PING");
  }
  // The answer to a pending probe is enough.
  if (!probe_) connection.Send(context, {{"PING"}});
  asked_ = now;
}

void RedisSubscription::FollowMaster(RedisConnection& connection, const CollectContext& context) {
  const RedisEndpoint& endpoint = connection.endpoint();
  if (endpoint.sentinels.empty()) return;
  if (steady_clock::now() < followed_ + patience_.sentinels) return;
  followed_ = steady_clock::now();
  const CollectContext brief{Deadline::After(kFollowTime), context.watchdog};
  bool has_moved = false;
  try {
    has_moved = dialer_.HasMoved(brief, endpoint);
  } catch (const CollectError&) {
    // No sentinel answers. As in RedisSession, keep the known master while it still claims the
    // role. A subscriber may not send ROLE, so a separate connection asks.
    dialer_.ExpectMaster(brief, endpoint);
  }
  if (has_moved) throw CollectError(ErrorKind::kConnect, "the sentinels name another master");
}

}  // namespace collectors
