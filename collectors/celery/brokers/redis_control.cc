#include "collectors/celery/brokers/redis_control.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <random>
#include <string_view>
#include <thread>
#include <utility>

#include "collectors/celery/brokers/redis_mailboxes.h"
#include "collectors/celery/brokers/redis_message.h"
#include "collectors/celery/wire/control_message.h"
#include "collectors/shared/epoch.h"
#include "exporter/seam/deadline.h"
#include "exporter/seam/watchdog.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using std::chrono::milliseconds;
using Type = RedisReply::Type;

// Time to live of the list, from the start of the round, in case the round does not end in order.
constexpr std::chrono::seconds kListLives{60};
// Seconds that the list outlives the binding. A worker that saw the binding may still push its
// reply, and without the list would make one that never expires.
constexpr char kListOutlivesBinding[] = "5";
// Healthy workers answer within a few milliseconds.
constexpr milliseconds kFirstWait{5};
constexpr milliseconds kLongestWait{200};
// Kept for taking the replies; if little time remains, a quarter of it.
constexpr milliseconds kTakeTime{200};
constexpr long long kMostReplyBytes = 8 << 20;
constexpr milliseconds kGoodbye{300};
// Our lists are named: this, a random number, a dot and the name of the exchange.
constexpr std::string_view kOwner = "sidecar-exporter-";
// No worker has this name.
constexpr char kNobody[] = "nobody@sidecar-exporter";
constexpr std::chrono::seconds kStaysFresh{1};
// In the list from the start: replies are pushed before it.
constexpr char kPlaceholder[] = "-";

std::size_t SumOf(const std::map<std::string, std::size_t>& heard) {
  std::size_t sum = 0;
  for (const auto& [channel, count] : heard) sum += count;
  return sum;
}

std::string Seconds(milliseconds window, std::chrono::seconds more) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(window + more).count());
}

std::string RandomId() {
  std::random_device random;
  const auto part = [&random] { return static_cast<std::uint32_t>(random()); };
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", part(), part(), part(), part());
}

// The exporter's list that a binding of replies leads to; empty if it leads elsewhere.
std::string OwnQueue(const std::string& binding, const std::string& reply_exchange) {
  const std::size_t owner = binding.rfind(kOwner);
  return owner == std::string::npos || !binding.ends_with(reply_exchange) ? ""
                                                                          : binding.substr(owner);
}

// Sends all as one pipeline. Throws if one of them is refused.
std::vector<RedisReply> AskAll(const CollectContext& context, RedisSession& session,
                               const std::vector<RedisCommand>& commands) {
  std::vector<RedisReply> replies = session.Pipeline(context, commands);
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (replies[i].type == Type::kError) throw RedisError(commands[i].front(), replies[i]);
  }
  return replies;
}

}  // namespace

// The calls of one round: their tickets, and when they expire. Each round has its own routing key,
// so late replies to an earlier one lead nowhere.
struct RedisControl::Round {
  std::string key = RandomId();
  std::string binding = {};                    // A member of the set of reply bindings.
  std::vector<std::string> workers = {};       // To be asked; empty for all.
  std::map<std::string, std::string> methods;  // By ticket.
  double expires = 0;                          // Epoch seconds.
};

RedisControl::RedisControl(RedisNames names)
    : names_(std::move(names)),
      queue_(fmt::format("{}{}.{}", kOwner, RandomId(), names_.control.replies)) {}

bool RedisControl::HasFreshWorkers() const {
  return read_ && std::chrono::steady_clock::now() - read_->at < kStaysFresh;
}

const std::vector<std::string>& RedisControl::ReadWorkers(const CollectContext& context,
                                                          RedisSession& session) {
  read_.reset();
  RedisMailboxes boxes = ReadMailboxes(context, session, names_);
  RemoveLeft(context, session, boxes.replies);
  read_ = Read{WorkersToAsk(boxes, names_), std::chrono::steady_clock::now()};
  return read_->workers;
}

ControlTakers RedisControl::Takers(const CollectContext& context, RedisSession& session) {
  ControlTakers takers{ReadWorkers(context, session)};
  if (takers.workers.empty()) return takers;
  Round round;
  round.workers = {kNobody};
  round.methods.emplace(RandomId(), "ping");
  // Always on all channels: the count of one cannot be compared with the count of all.
  heard_ = PublishOnChannels(context, session, round, [](auto&&...) { return true; });
  takers.listening = SumOf(heard_);
  return takers;
}

std::vector<ControlReply> RedisControl::Call(const CollectContext& context, RedisSession& session,
                                             const ControlCall& call, milliseconds window) {
  if (!HasFreshWorkers()) ReadWorkers(context, session);
  if (read_->workers.empty()) return {};
  Round round;
  round.binding = round.key + names_.separator + /*pattern*/ "" + names_.separator + queue_;
  round.expires = EpochNow() + std::chrono::duration<double>(window).count();
  // A list of all workers would be long, and each of them reads it.
  if (call.workers && *call.workers != read_->workers) round.workers = *call.workers;
  for (const std::string& method : call.methods) round.methods.emplace(RandomId(), method);
  Open(context, session, round, window);
  try {
    return Ask(context, session, round, window);
  } catch (const CollectError&) {
    Abandon(context, session, round);
    throw;
  }
}

void RedisControl::RemoveLeft(const CollectContext& context, RedisSession& session,
                              std::vector<std::string>& bindings) {
  std::erase_if(bindings, [&](const std::string& binding) {
    const std::string queue = OwnQueue(binding, names_.control.replies);
    if (queue.empty()) return false;
    const std::string list = names_.prefix + queue;
    // Another exporter's round may be in progress; ours is not.
    const RedisReply last = AskAll(context, session, {{"LINDEX", list, "-1"}}).front();
    if (queue != queue_ && last.text == kPlaceholder) return false;
    AskAll(context, session, {{"SREM", names_.ReplyBinding(), binding}, {"DEL", list}});
    return true;
  });
}

void RedisControl::Open(const CollectContext& context, RedisSession& session, const Round& round,
                        milliseconds window) {
  const std::string lives = Seconds(window, kListLives);
  // None of these commands creates a key: if one is not permitted, nothing is left behind. They
  // also remove what an earlier round left.
  AskAll(context, session,
         {{"DEL", ListKey()},
          {"SREM", names_.ReplyBinding(), round.binding},
          {"EXPIRE", ListKey(), lives},
          {"LLEN", ListKey()},
          {"LRANGE", ListKey(), "0", "0"}});
  try {
    AskAll(context, session,
           {{"RPUSH", ListKey(), kPlaceholder},
            {"EXPIRE", ListKey(), lives},
            {"SADD", names_.ReplyBinding(), round.binding}});
  } catch (const CollectError&) {
    Abandon(context, session, round);
    throw;
  }
}

void RedisControl::Abandon(const CollectContext& context, RedisSession& session,
                           const Round& round) {
  // When the program ends, its watchdog ends all waits but this one.
  exporter::Watchdog watchdog;
  const CollectContext at_end{Deadline::After(kGoodbye), watchdog};
  try {
    session.Pipeline(context.watchdog.expired() ? at_end : context,
                     {{"SREM", names_.ReplyBinding(), round.binding}, {"DEL", ListKey()}});
  } catch (const CollectError&) {
    // The next round removes them.
  }
}

std::vector<ControlReply> RedisControl::Ask(const CollectContext& context, RedisSession& session,
                                            const Round& round, milliseconds window) {
  const std::size_t expected = Publish(context, session, round);
  const milliseconds remaining = context.deadline.Remaining();
  const milliseconds left = remaining - std::min(kTakeTime, remaining / 4);
  Await(context, session, expected,
        Deadline::After(std::max(std::min(window, left), milliseconds(0))));
  return Take(context, session, round);
}

// Publishes on the usual channel, and on another if that was heard before or the ones before it are
// not heard.
std::size_t RedisControl::Publish(const CollectContext& context, RedisSession& session,
                                  const Round& round) {
  const auto takes = [&](const std::string& channel, const Heard& so_far) {
    const auto before = heard_.find(channel);
    return SumOf(so_far) == 0 || (before != heard_.end() && before->second > 0);
  };
  const std::size_t heard = SumOf(PublishOnChannels(context, session, round, takes));
  // Workers that are not asked hear the call too, and some hear it twice.
  const std::vector<std::string>& asked = round.workers.empty() ? read_->workers : round.workers;
  return std::min(heard, asked.size() * round.methods.size());
}

template <typename Takes>
RedisControl::Heard RedisControl::PublishOnChannels(const CollectContext& context,
                                                    RedisSession& session, const Round& round,
                                                    const Takes& takes) {
  const std::vector<std::string> channels = names_.ControlChannels(session.database());
  Heard heard;
  for (const std::string& channel : channels) {
    if (refused_.contains(channel) || !takes(channel, heard)) continue;
    try {
      const bool is_own = channel == channels.front() && names_.HasOwnChannel();
      heard[channel] = PublishOn(channel, context, session, is_own ? round : Named(round));
    } catch (const CollectError& error) {
      if (error.kind() != ErrorKind::kPermission || channel == channels.front()) throw;
      refused_.insert(channel);
    }
  }
  return heard;
}

// Workers of other databases listen to a channel without a database number.
RedisControl::Round RedisControl::Named(Round round) const {
  if (round.workers.empty()) round.workers = read_->workers;
  return round;
}

std::size_t RedisControl::PublishOn(const std::string& channel, const CollectContext& context,
                                    RedisSession& session, const Round& round) {
  std::vector<RedisCommand> commands;
  for (const auto& [ticket, method] : round.methods) {
    commands.push_back(
        {"PUBLISH", channel,
         ControlEnvelope({method, ticket, round.key, round.expires, names_.control.replies,
                          round.workers, names_.control.calls})});
  }
  std::size_t heard = 0;
  for (const RedisReply& reply : AskAll(context, session, commands)) {
    heard += static_cast<std::size_t>(std::max(reply.integer, 0LL));
  }
  return heard;
}

void RedisControl::Await(const CollectContext& context, RedisSession& session, std::size_t replies,
                         Deadline until) {
  if (replies == 0) return;
  for (milliseconds wait = kFirstWait;; wait = std::min(2 * wait, kLongestWait)) {
    std::this_thread::sleep_until(std::min(std::chrono::steady_clock::now() + wait, until.when()));
    const RedisReply length = AskAll(context, session, {{"LLEN", ListKey()}}).front();
    // One element is the placeholder.
    if (length.integer > static_cast<long long>(replies) || until.Expired()) return;
  }
}

std::vector<ControlReply> RedisControl::Take(const CollectContext& context, RedisSession& session,
                                             const Round& round) {
  // Samples all entries; each reply is one. If the server does not report the size, the list is
  // read.
  const RedisReply size =
      session.Pipeline(context, {{"MEMORY", "USAGE", ListKey(), "SAMPLES", "0"}}).front();
  if (size.type == Type::kInteger && size.integer > kMostReplyBytes) {
    throw CollectError(ErrorKind::kLimit, "the workers' replies are more than 8 MiB");
  }
  const auto answers = AskAll(context, session,
                              {{"SREM", names_.ReplyBinding(), round.binding},
                               {"LRANGE", ListKey(), "0", "-2"},
                               {"EXPIRE", ListKey(), kListOutlivesBinding}});
  std::vector<ControlReply> replies;
  for (const RedisReply& pushed : answers[1].items) {
    auto reply = ReadReplyMessage(pushed.text);
    if (!reply) continue;
    const auto call = round.methods.find(reply->ticket);
    if (call == round.methods.end()) continue;
    reply->method = call->second;
    replies.push_back(*std::move(reply));
  }
  return replies;
}

}  // namespace collectors
