// Streams: one consumer group, or each of a stream's groups as a queue of its own.

#include <algorithm>
#include <cstdint>

#include "collectors/queue/queue_reply.h"
#include "collectors/queue/systems/systems.h"
#include "collectors/redis_glob.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using Replies = QueueQuestion::Replies;
using Type = RedisReply::Type;

constexpr std::size_t kGroupsRead = 100;  // Of one stream without a named group.

// The replies; then one of XPENDING for each group.
enum Asked : std::size_t { kExists, kGroupList, kLength, kAsked };

// The summary that XPENDING gives otherwise names every consumer that has something.
RedisCommand FirstPending(const std::string& key, const std::string& group) {
  return {"XPENDING", key, group, "-", "+", "1"};
}

std::vector<RedisCommand> Commands(const QueueTarget& target, QueueTime) {
  std::vector<RedisCommand> commands = {
      {"EXISTS", target.key}, {"XINFO", "GROUPS", target.key}, {"XLEN", target.key}};
  if (!target.group.empty()) commands.push_back(FirstPending(target.key, target.group));
  return commands;
}

// The value that follows a name in a flat list of names and values.
const RedisReply* Field(const RedisReply& fields, std::string_view name) {
  for (std::size_t i = 0; i + 1 < fields.items.size(); i += 2) {
    if (fields.items[i].text == name) return &fields.items[i + 1];
  }
  return nullptr;
}

// The groups by name, as many as are read.
std::vector<std::pair<std::string, const RedisReply*>> Groups(const RedisReply& reply) {
  std::vector<std::pair<std::string, const RedisReply*>> groups;
  for (const RedisReply& group : Checked(reply, Type::kArray).items) {
    const RedisReply* const name = Field(group, "name");
    if (name != nullptr) groups.emplace_back(name->text, &group);
  }
  std::sort(groups.begin(), groups.end());
  return groups;
}

std::vector<RedisCommand> More(const QueueTarget& target, Replies first, QueueTime) {
  std::vector<RedisCommand> commands;
  if (!target.group.empty() || CountOf(first[kExists]) == 0) return commands;
  for (const auto& [name, group] : Groups(first[kGroupList])) {
    if (commands.size() < kGroupsRead) commands.push_back(FirstPending(target.key, name));
  }
  return commands;
}

// Of the entry that XPENDING names: id, consumer, and two numbers. An id begins with
// the milliseconds at which its entry was added.
std::optional<double> OldestPending(const RedisReply& reply, QueueTime now) {
  if (reply.type != Type::kArray || reply.items.empty()) return std::nullopt;
  const std::vector<RedisReply>& first = reply.items.front().items;
  if (first.empty()) return std::nullopt;
  const auto ms = LeadingNumber<std::int64_t>(first.front().text);
  if (!ms) return std::nullopt;
  return AgeSinceScore(static_cast<double>(*ms) / 1000, now);
}

QueueState EmptyGroup(const std::string& queue) {
  return {.queue = queue, .depths = {{"waiting", 0}, {"active", 0}}, .consumers = 0};
}

// Absent before Redis 7.0; nil if deleted entries keep it from being known.
std::optional<double> KnownCount(const RedisReply& group, std::string_view name) {
  const RedisReply* const count = Field(group, name);
  const bool is_known = count != nullptr && count->type == Type::kInteger;
  return is_known ? std::optional(CountOf(*count)) : std::nullopt;
}

QueueState GroupState(const std::string& queue, const RedisReply& group, double length) {
  QueueState state = {.queue = queue};
  state.place = {
      .length = length, .read = KnownCount(group, "entries-read"), .lag = KnownCount(group, "lag")};
  if (const RedisReply* const pending = Field(group, "pending")) {
    state.place->pending = CountOf(*pending);
    state.depths.push_back({"active", state.place->pending});
  }
  if (const RedisReply* const consumers = Field(group, "consumers")) {
    state.consumers = CountOf(*consumers);
  }
  return state;
}

QueueAnswer ReadOneGroup(const QueueTarget& target, Replies replies, QueueTime now) {
  if (CountOf(replies[kExists]) == 0) return {.states = {EmptyGroup(target.name)}};
  for (const auto& [name, group] : Groups(replies[kGroupList])) {
    if (name != target.group) continue;
    QueueState state = GroupState(target.name, *group, CountOf(replies[kLength]));
    state.oldest_age_seconds = OldestPending(replies[kAsked], now);
    return {.states = {std::move(state)}};
  }
  return {.states = {EmptyGroup(target.name)},
          .problems = {
              {ErrorKind::kMissing, "stream " + target.key + " has no group " + target.group}}};
}

QueueAnswer Read(const QueueTarget& target, Replies replies, QueueTime now) {
  if (!target.group.empty()) return ReadOneGroup(target, replies, now);
  QueueAnswer answer;
  if (CountOf(replies[kExists]) == 0) return answer;
  const auto groups = Groups(replies[kGroupList]);
  for (std::size_t i = 0; i < std::min(groups.size(), kGroupsRead); ++i) {
    QueueState state = GroupState(target.name + "/" + groups[i].first, *groups[i].second,
                                  CountOf(replies[kLength]));
    state.oldest_age_seconds = OldestPending(replies[kAsked + i], now);
    answer.states.push_back(std::move(state));
  }
  if (groups.size() > kGroupsRead) {
    answer.problems.emplace_back(ErrorKind::kLimit, "stream " + target.key + " has " +
                                                        std::to_string(groups.size()) +
                                                        " groups: the first 100 are shown");
  }
  return answer;
}

constexpr QueueQuestion kGroups = {Commands, More, Read};

// TYPE came with Redis 6.0.
RedisCommand Scan(const std::string& prefix, const std::string& cursor) {
  RedisCommand command = ScanCommand(cursor, EscapedGlob(prefix) + "*");
  command.insert(command.end(), {"TYPE", "stream"});
  return command;
}

std::optional<std::string> QueueOf(const std::string&, const std::string& found) { return found; }

constexpr QueueRegistry kStreams = {.scan = Scan, .queue = QueueOf, .names_are_keys = true};

}  // namespace

constexpr QueueSystem kRedisStreamQueues = {.name = "redis_stream",
                                            .prefix = "",
                                            .has_prefix = true,
                                            .has_group = true,
                                            .question = &kGroups,
                                            .registry = &kStreams};

}  // namespace collectors
