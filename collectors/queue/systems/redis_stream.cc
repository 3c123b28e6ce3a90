// Streams: one consumer group, or each group of a stream as a separate queue.

#include <algorithm>
#include <cstdint>

#include "collectors/clients/redis/stream_reply.h"
#include "collectors/queue/systems/queue_reply.h"
#include "collectors/queue/systems/systems.h"
#include "collectors/shared/redis_glob.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using Replies = QueueQuestion::Replies;
using Type = RedisReply::Type;

constexpr std::size_t kGroupsRead = 100;  // Of one stream without a named group.

// The replies in their order; then one to XPENDING for each group.
enum Asked : std::size_t { kExists, kGroupList, kStream, kAsked };

// XPENDING without a range returns a summary that names every consumer with pending entries.
RedisCommand FirstPending(const std::string& key, const std::string& group) {
  return {"XPENDING", key, group, "-", "+", "1"};
}

std::vector<RedisCommand> Commands(const QueueTarget& target, QueueTime) {
  std::vector<RedisCommand> commands = {
      {"EXISTS", target.key}, {"XINFO", "GROUPS", target.key}, {"XINFO", "STREAM", target.key}};
  if (!target.group.empty()) commands.push_back(FirstPending(target.key, target.group));
  return commands;
}

// All groups by name.
std::vector<std::pair<std::string, const RedisReply*>> Groups(const RedisReply& reply) {
  std::vector<std::pair<std::string, const RedisReply*>> groups;
  for (const RedisReply& group : Checked(reply, Type::kArray).items) {
    const RedisReply* const name = FieldOf(group, "name");
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

// Age of the entry that XPENDING returns: id, consumer and two numbers. An id begins with the
// milliseconds at which its entry was added.
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

// `stream` is null if the server refuses XINFO STREAM: the rest is known without it.
QueueState GroupState(const std::string& queue, const RedisReply& group, const RedisReply* stream) {
  QueueState state = {.queue = queue};
  if (stream != nullptr) state.place = PlaceOf(*stream, group);
  if (const RedisReply* const pending = FieldOf(group, "pending")) {
    state.depths.push_back({"active", CountOf(*pending)});
  }
  if (const RedisReply* const consumers = FieldOf(group, "consumers")) {
    state.consumers = CountOf(*consumers);
  }
  return state;
}

const RedisReply* StreamOf(Replies replies, std::vector<CollectError>& problems) try {
  return &Checked(replies[kStream], Type::kArray);
} catch (const CollectError& error) {
  problems.emplace_back(error.kind(),
                        std::string("XINFO STREAM, which `waiting` needs: ") + error.what());
  return nullptr;
}

QueueAnswer ReadOneGroup(const QueueTarget& target, Replies replies, QueueTime now) {
  if (CountOf(replies[kExists]) == 0) return {.states = {EmptyGroup(target.name)}};
  QueueAnswer answer;
  for (const auto& [name, group] : Groups(replies[kGroupList])) {
    if (name != target.group) continue;
    QueueState state = GroupState(target.name, *group, StreamOf(replies, answer.problems));
    state.oldest_age_seconds = OldestPending(replies[kAsked], now);
    answer.states.push_back(std::move(state));
    return answer;
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
  const RedisReply* const stream = StreamOf(replies, answer.problems);
  for (std::size_t i = 0; i < std::min(groups.size(), kGroupsRead); ++i) {
    QueueState state = GroupState(target.name + "/" + groups[i].first, *groups[i].second, stream);
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

// TYPE needs Redis 6.0.
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
