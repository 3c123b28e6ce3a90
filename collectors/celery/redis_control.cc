#include "collectors/celery/redis_control.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <random>
#include <thread>
#include <utility>

#include "collectors/celery/control_message.h"
#include "collectors/celery/redis_message.h"
#include "collectors/epoch.h"
#include "exporter/deadline.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using std::chrono::milliseconds;
using Type = RedisReply::Type;

// After the round. What a worker that has seen the binding pushes must find the list.
constexpr std::chrono::seconds kBindingLives{10};
constexpr std::chrono::seconds kListLives{60};
// After the binding has gone: a worker that saw it still has its reply to push, and
// would make a list that nothing ends, were there none.
constexpr char kListOutlivesBinding[] = "5";
// Healthy workers answer within some milliseconds.
constexpr milliseconds kFirstWait{5};
constexpr milliseconds kLongestWait{200};
// Left of the time for taking the replies.
constexpr milliseconds kTakeTime{200};
constexpr long long kMostReplyBytes = 8 << 20;

std::string Seconds(milliseconds window, std::chrono::seconds more) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(window + more).count());
}

std::string RandomId() {
  std::random_device random;
  const auto part = [&random] { return static_cast<std::uint32_t>(random()); };
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", part(), part(), part(), part());
}

// All as one pipeline, in which each must be allowed.
std::vector<RedisReply> AskAll(const CollectContext& context, RedisSession& session,
                               const std::vector<RedisCommand>& commands) {
  std::vector<RedisReply> replies = session.Pipeline(context, commands);
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (replies[i].type == Type::kError) throw RedisError(commands[i].front(), replies[i]);
  }
  return replies;
}

}  // namespace

// The calls of one round: their tickets, and when they are no longer wanted. The
// routing key is the round's own: late replies to an earlier one lead nowhere.
struct RedisControl::Round {
  std::string key = RandomId();
  std::map<std::string, std::string> methods;  // By ticket.
  double expires = 0;                          // Epoch seconds.
};

RedisControl::RedisControl(RedisNames names)
    : names_(std::move(names)), name_("sidecar-exporter.reply." + RandomId() + ".pidbox") {}

std::vector<ControlReply> RedisControl::Call(const CollectContext& context, RedisSession& session,
                                             const std::vector<std::string>& methods,
                                             milliseconds window) {
  Round round;
  round.expires = EpochNow() + std::chrono::duration<double>(window).count();
  for (const std::string& method : methods) round.methods.emplace(RandomId(), method);
  Open(context, session, round, window);
  try {
    return Ask(context, session, round, window);
  } catch (const CollectError&) {
    Abandon(context, session);
    throw;
  }
}

void RedisControl::Open(const CollectContext& context, RedisSession& session, const Round& round,
                        milliseconds window) {
  const std::string list_lives = Seconds(window, kListLives);
  const std::string binding_lives = Seconds(window, kBindingLives);
  const std::string binding =
      round.key + names_.separator + /*pattern*/ "" + names_.separator + name_;
  // None of it makes a key: who may not do it leaves nothing behind. And what an
  // earlier round left is removed.
  AskAll(context, session,
         {{"DEL", ListKey(), BindingKey()},
          {"EXPIRE", ListKey(), list_lives},
          {"EXPIRE", BindingKey(), binding_lives},
          {"LLEN", ListKey()},
          {"LRANGE", ListKey(), "0", "0"}});
  try {
    AskAll(context, session,
           {{"RPUSH", ListKey(), "-"},
            {"EXPIRE", ListKey(), list_lives},
            {"SADD", BindingKey(), binding},
            {"EXPIRE", BindingKey(), binding_lives}});
  } catch (const CollectError&) {
    Abandon(context, session);
    throw;
  }
}

void RedisControl::Abandon(const CollectContext& context, RedisSession& session) {
  try {
    session.Pipeline(context, {{"DEL", BindingKey(), ListKey()}});
  } catch (const CollectError&) {
    // Their time to live ends them.
  }
}

std::vector<ControlReply> RedisControl::Ask(const CollectContext& context, RedisSession& session,
                                            const Round& round, milliseconds window) {
  const std::size_t expected = Publish(context, session, round);
  const milliseconds left = context.deadline.Remaining() - kTakeTime;
  Await(context, session, expected,
        Deadline::After(std::max(std::min(window, left), milliseconds(0))));
  return Take(context, session, round);
}

std::size_t RedisControl::Publish(const CollectContext& context, RedisSession& session,
                                  const Round& round) {
  const auto heard = PublishOn(names_.ControlChannel(session.database()), context, session, round);
  if (heard > 0) return heard;
  try {
    return PublishOn(names_.BareControlChannel(), context, session, round);
  } catch (const CollectError& error) {
    // Few workers hear it: to be refused there is no failure.
    if (error.kind() == ErrorKind::kPermission) return 0;
    throw;
  }
}

std::size_t RedisControl::PublishOn(const std::string& channel, const CollectContext& context,
                                    RedisSession& session, const Round& round) {
  std::vector<RedisCommand> commands;
  for (const auto& [ticket, method] : round.methods) {
    commands.push_back(
        {"PUBLISH", channel, ControlEnvelope({method, ticket, round.key, round.expires, name_})});
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
    // One of them is what holds the place.
    if (length.integer > static_cast<long long>(replies) || until.Expired()) return;
  }
}

std::vector<ControlReply> RedisControl::Take(const CollectContext& context, RedisSession& session,
                                             const Round& round) {
  // All of its entries are weighed, one a reply. A server that does not tell is no hindrance.
  const RedisReply size =
      session.Pipeline(context, {{"MEMORY", "USAGE", ListKey(), "SAMPLES", "0"}}).front();
  if (size.type == Type::kInteger && size.integer > kMostReplyBytes) {
    throw CollectError(ErrorKind::kLimit, "the workers' replies are more than 8 MiB");
  }
  const auto answers = AskAll(context, session,
                              {{"DEL", BindingKey()},
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
