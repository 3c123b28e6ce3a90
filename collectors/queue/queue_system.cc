#include "collectors/queue/queue_system.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "exporter/collector.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using Replies = std::span<const RedisReply>;
using Time = std::chrono::system_clock::time_point;
using Type = RedisReply::Type;

constexpr std::size_t kShownErrorBytes = 200;

double Seconds(Time time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

// Milliseconds, so that both ends of a range say the same moment.
std::string Score(Time time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  const std::string fraction = std::to_string(ms.count() % 1000 + 1000).substr(1);
  return std::to_string(ms.count() / 1000) + "." + fraction;
}

const RedisReply& Expect(const RedisReply& reply, Type type) {
  if (reply.type == type) return reply;
  if (reply.type != Type::kError) {
    throw CollectError(ErrorKind::kProtocol, "Redis answers with what was not asked for");
  }
  throw CollectError(KindOfRedisError(reply.text), reply.text.substr(0, kShownErrorBytes));
}

double Count(const RedisReply& reply) {
  return static_cast<double>(Expect(reply, Type::kInteger).integer);
}

// The number at the front of a text, as of a score or of a stream's id
// ("1700000000000-0").
template <typename T>
std::optional<T> Number(const std::string& text) {
  T value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

// How long ago; a clock that runs ahead of ours makes no age below zero.
std::optional<double> Age(double then, Time now) {
  if (!std::isfinite(then)) return std::nullopt;
  return std::max(0.0, Seconds(now) - then);
}

// --- list: an entry has no time, so its age is not known ---------------------

std::vector<RedisCommand> ListCommands(const QueueTarget& target, Time) {
  return {{"LLEN", target.key}};
}

QueueState ReadList(const QueueTarget&, Replies replies, Time) {
  QueueState state;
  state.depths = {{"waiting", Count(replies[0])}};
  return state;
}

// --- zset: the score is when an entry is due, in epoch seconds --------------

std::vector<RedisCommand> ZsetCommands(const QueueTarget& target, Time now) {
  const std::string due = Score(now);
  return {{"ZCOUNT", target.key, "-inf", due},
          {"ZCOUNT", target.key, "(" + due, "+inf"},
          {"ZRANGEBYSCORE", target.key, "-inf", due, "WITHSCORES", "LIMIT", "0", "1"}};
}

QueueState ReadZset(const QueueTarget&, Replies replies, Time now) {
  QueueState state;
  state.depths = {{"waiting", Count(replies[0])}, {"scheduled", Count(replies[1])}};
  const RedisReply& first = Expect(replies[2], Type::kArray);
  if (first.items.size() != 2) return state;
  const std::optional<double> score = Number<double>(Expect(first.items[1], Type::kString).text);
  if (score) state.oldest_age_seconds = Age(*score, now);
  return state;
}

// --- stream: one consumer group of it ----------------------------------------

std::vector<RedisCommand> StreamCommands(const QueueTarget& target, Time) {
  return {{"EXISTS", target.key},
          {"XINFO", "GROUPS", target.key},
          {"XPENDING", target.key, target.group}};
}

// The value that follows a name in a flat list of names and values.
const RedisReply* Field(const RedisReply& fields, std::string_view name) {
  for (std::size_t i = 0; i + 1 < fields.items.size(); i += 2) {
    if (fields.items[i].text == name) return &fields.items[i + 1];
  }
  return nullptr;
}

const RedisReply* Group(const RedisReply& groups, const std::string& name) {
  for (const RedisReply& group : Expect(groups, Type::kArray).items) {
    const RedisReply* found = Field(group, "name");
    if (found != nullptr && found->text == name) return &group;
  }
  return nullptr;
}

// XPENDING's summary: count, smallest id, largest id, consumers. An id begins
// with the milliseconds at which its entry was added.
std::optional<double> OldestPending(const RedisReply& summary, Time now) {
  if (summary.type != Type::kArray || summary.items.size() < 2) return std::nullopt;
  const std::optional<std::int64_t> ms = Number<std::int64_t>(summary.items[1].text);
  if (!ms) return std::nullopt;
  return Age(static_cast<double>(*ms) / 1000, now);
}

QueueState EmptyStream() {
  QueueState state;
  state.depths = {{"waiting", 0}, {"active", 0}};
  state.consumers = 0;
  return state;
}

QueueState GroupState(const RedisReply& group) {
  QueueState state;
  // Absent before Redis 7.0; nil where deleted entries keep it from being known.
  const RedisReply* lag = Field(group, "lag");
  if (lag != nullptr && lag->type == Type::kInteger) {
    state.depths.push_back({"waiting", Count(*lag)});
  }
  if (const RedisReply* pending = Field(group, "pending")) {
    state.depths.push_back({"active", Count(*pending)});
  }
  if (const RedisReply* consumers = Field(group, "consumers")) state.consumers = Count(*consumers);
  return state;
}

QueueState ReadStream(const QueueTarget& target, Replies replies, Time now) {
  if (Count(replies[0]) == 0) return EmptyStream();
  const RedisReply* group = Group(replies[1], target.group);
  if (group == nullptr) {
    QueueState state = EmptyStream();
    state.missing = "stream " + target.key + " has no group " + target.group;
    return state;
  }
  QueueState state = GroupState(*group);
  state.oldest_age_seconds = OldestPending(replies[2], now);
  return state;
}

constexpr QueueSystem kSystems[] = {
    {"redis_list", false, ListCommands, ReadList},
    {"redis_zset", false, ZsetCommands, ReadZset},
    {"redis_stream", true, StreamCommands, ReadStream},
};

}  // namespace

std::span<const QueueSystem> QueueSystems() { return kSystems; }

}  // namespace collectors
