#include "collectors/celery/brokers/redis_unacked.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "collectors/celery/brokers/redis_message.h"
#include "exporter/seam/log.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;
using Type = RedisReply::Type;

constexpr char kPart[] = "unacked";
// More messages are counted, but not by queue: each reading brings as many tags and sizes.
constexpr std::size_t kMaxShared = 2000;
constexpr std::chrono::hours kLogInterval{1};
// Bounds: values in one command; their bytes, unless it is a single value; bytes in one reading.
constexpr std::size_t kMaxAtOnce = 100;
constexpr std::size_t kMaxPortion = std::size_t{1} << 20;
constexpr std::size_t kMaxReading = std::size_t{4} << 20;

// Sends all as one pipeline. Throws if one of them is refused.
std::vector<RedisReply> AskAll(const CollectContext& context, RedisSession& session,
                               const std::vector<RedisCommand>& commands) {
  std::vector<RedisReply> replies = session.Pipeline(context, commands);
  const auto refused =
      std::ranges::find(replies, Type::kError, [](const RedisReply& reply) { return reply.type; });
  if (refused != replies.end()) throw RedisError(commands.front().front(), *refused);
  return replies;
}

// Forgets messages that are gone. Returns the tags that are new.
std::vector<std::string> NewTags(const RedisReply& tags, UnackedMessages& known) {
  UnackedMessages still;
  std::vector<std::string> strange;
  for (const RedisReply& tag : tags.items) {
    auto found = known.extract(tag.text);
    if (found) {
      still.insert(std::move(found));
    } else {
      strange.push_back(tag.text);
    }
  }
  known = std::move(still);
  return strange;
}

}  // namespace

void RedisUnacked::Add(const CollectContext& context, RedisSession& session,
                       RedisBindings& bindings, double now, BrokerReading& reading) {
  if (!reading.unacked) return;
  const auto note = [&](const CollectError& error) { reading.problems.push_back(error); };
  if (*reading.unacked > kMaxShared) {
    known_.clear();
    return LogMany(*reading.unacked);
  }
  if (*reading.unacked == 0) {
    known_.clear();
    return ShareUnacked(known_, bindings, {now, context.deadline}, reading);
  }
  if (rest_.Rests()) return note(*failure_);
  try {
    const std::size_t unread = Learn(context, session);
    if (unread == 0) return ShareUnacked(known_, bindings, {now, context.deadline}, reading);
    note({ErrorKind::kLimit,
          fmt::format("{} of {} unacknowledged messages are not read, as {} MiB at a time are: "
                      "which queues they are of is not known",
                      unread, unread + known_.size(), kMaxReading >> 20),
          kPart});
  } catch (const CollectError& error) {
    failure_.emplace(error.kind(), error.what(), kPart);
    note(*failure_);
    if (MayBeTooLarge(error)) rest_.Begin();
  }
}

void RedisUnacked::LogMany(double unacked) {
  const exporter::SteadyTime now = std::chrono::steady_clock::now();
  if (many_logged_ && now - *many_logged_ < kLogInterval) return;
  many_logged_ = now;
  exporter::Log(exporter::LogLevel::kWarn,
                "more tasks are unacknowledged than are shared out to queues: queue_depth has "
                "neither unacked nor scheduled",
                {{"collector", collector_},
                 {"unacked", fmt::format("{}", unacked)},
                 {"most", std::to_string(kMaxShared)}});
}

std::size_t RedisUnacked::Learn(const CollectContext& context, RedisSession& session) {
  const std::vector<std::string> strange =
      NewTags(AskAll(context, session, {{"HKEYS", key_}}).front(), known_);
  if (strange.empty()) return 0;
  const Weighed weighed =
      IsLight(context, session) ? Weighed{{strange}, 0} : Weigh(context, session, strange);
  for (const std::vector<std::string>& portion : weighed.portions) {
    RedisCommand command = {"HMGET", key_};
    command.insert(command.end(), portion.begin(), portion.end());
    const RedisReply values = std::move(AskAll(context, session, {command}).front());
    if (values.items.size() != portion.size()) {
      throw CollectError(ErrorKind::kProtocol, "HMGET: a strange answer");
    }
    for (std::size_t i = 0; i < portion.size(); ++i) {
      // Skips a message that has been acknowledged since then.
      if (values.items[i].type != Type::kString) continue;
      known_.emplace(portion[i], ReadUnackedMessage(values.items[i].text));
    }
  }
  return weighed.unread;
}

bool RedisUnacked::IsLight(const CollectContext& context, RedisSession& session) const {
  // Samples all entries: there are at most kMaxShared.
  const RedisReply size =
      session.Pipeline(context, {{"MEMORY", "USAGE", key_, "SAMPLES", "0"}}).front();
  return size.type == Type::kInteger && size.integer <= static_cast<long long>(kMaxReading);
}

RedisUnacked::Weighed RedisUnacked::Weigh(const CollectContext& context, RedisSession& session,
                                          const std::vector<std::string>& tags) {
  std::vector<RedisCommand> commands;
  commands.reserve(tags.size());
  for (const std::string& tag : tags) commands.push_back({"HSTRLEN", key_, tag});
  const std::vector<RedisReply> sizes = AskAll(context, session, commands);
  Weighed weighed;
  std::size_t all = 0;
  std::size_t portion = 0;
  for (std::size_t i = 0; i < tags.size(); ++i) {
    const auto size = static_cast<std::size_t>(std::max(sizes[i].integer, 0LL));
    if (size == 0) continue;
    if (all + size > kMaxReading) {
      ++weighed.unread;
      continue;
    }
    all += size;
    const bool fits = !weighed.portions.empty() && weighed.portions.back().size() < kMaxAtOnce &&
                      portion + size <= kMaxPortion;
    if (!fits) weighed.portions.emplace_back();
    portion = fits ? portion + size : size;
    weighed.portions.back().push_back(tags[i]);
  }
  return weighed;
}

}  // namespace collectors
