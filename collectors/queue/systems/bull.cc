// BullMQ (bullmq.io) and its predecessor Bull 4. The keys of the queue Q, below a prefix (bull:):
//   Q:wait, Q:paused  lists of job ids, pushed at the left, taken from the right; a
//                     pause renames one to the other, except in BullMQ from 6 on
//   Q:prioritized     BullMQ: zset of jobs with a priority, in the order of their turn
//   Q:priority        Bull: an index of entries that are in Q:wait as well
//   Q:active          list; each job's lock Q:ID:lock lives 30 seconds after the last
//                     sign of life of its worker
//   Q:delayed, Q:waiting-children, Q:completed, Q:failed  zsets
//   Q:ID              a job's hash, with timestamp (ms, when it was added), opts (JSON
//                     with delay, in ms) and processedOn (ms, when it last began)
//   Q:meta            hash; BullMQ keeps opts.maxLenEvents there
//   Q:id              a counter
// BullMQ 4 keeps a marker in the wait list; its id begins with "0:". A worker's blocking connection
// is named PREFIX:BASE64(Q), sometimes followed by :w:NAME. As in BullMQ 6.7.0 and Bull 4.16.5,
// both tested.

#include <algorithm>

#include "collectors/clients/net/base64.h"
#include "collectors/queue/systems/queue_reply.h"
#include "collectors/queue/systems/systems.h"
#include "collectors/shared/redis_glob.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using Replies = QueueQuestion::Replies;
using Type = RedisReply::Type;

constexpr char kOwnMeta[] = "opts.maxLenEvents";

std::string Key(const std::string& prefix, const std::string& queue, std::string_view suffix) {
  return prefix + ":" + queue + ":" + std::string(suffix);
}

// --- a queue ---------------------------------------------------------------------

enum Asked : std::size_t {
  kWait,
  kPausedList,
  kWaitEnd,
  kPausedEnd,
  kActive,
  kDelayed,
  kFailed,
  kCompleted,
  kPausedMark,
  kPrioritized,
  kChildren,
  kBullMq
};
constexpr std::size_t kBull = kPrioritized + 1;  // How many of these Bull is asked.

std::vector<RedisCommand> BullCommands(const QueueTarget& target, QueueTime) {
  const auto key = [&](std::string_view suffix) { return Key(target.prefix, target.key, suffix); };
  return {{"LLEN", key("wait")},
          {"LLEN", key("paused")},
          {"LRANGE", key("wait"), "-2", "-1"},
          {"LRANGE", key("paused"), "-2", "-1"},
          {"LLEN", key("active")},
          {"ZCARD", key("delayed")},
          {"ZCARD", key("failed")},
          {"ZCARD", key("completed")},
          {"HEXISTS", key("meta"), "paused"},
          {"ZCARD", key("priority")}};
}

std::vector<RedisCommand> BullMqCommands(const QueueTarget& target, QueueTime now) {
  auto commands = BullCommands(target, now);
  commands[kPrioritized] = {"ZCARD", Key(target.prefix, target.key, "prioritized")};
  commands.push_back({"ZCARD", Key(target.prefix, target.key, "waiting-children")});
  return commands;
}

// The end of a list that is served next.
struct ListEnd {
  std::optional<std::string> next;
  double markers = 0;
};

ListEnd EndOf(const RedisReply& reply) {
  ListEnd end;
  const std::vector<RedisReply>& ids = Checked(reply, Type::kArray).items;
  for (auto id = ids.rbegin(); id != ids.rend() && !end.next; ++id) {
    const std::string& text = Checked(*id, Type::kString).text;
    if (text.starts_with("0:")) {
      ++end.markers;
    } else {
      end.next = text;
    }
  }
  return end;
}

// The next job of the lists, if it is known to be the oldest: jobs with a priority overtake, and
// wait in another order.
std::optional<std::string> OldestId(Replies first) {
  if (CountOf(first[kPrioritized]) > 0) return std::nullopt;
  auto id = EndOf(first[kWaitEnd]).next;
  return id ? id : EndOf(first[kPausedEnd]).next;
}

// Whether to ask for the text of each active job's lock, nil without one. That is one command, so
// that no job moves between the reading of the list and of its lock. Redis 7.0 or newer.
bool AsksLocks(const QueueTarget& target, Replies first) {
  // A star in the key would stand for the job, too.
  if ((target.prefix + target.key).find('*') != std::string::npos) return false;
  const double active = CountOf(first[kActive]);
  return active > 0 && active <= static_cast<double>(kQueueMembersRead);
}

std::vector<RedisCommand> More(const QueueTarget& target, Replies first, QueueTime) {
  const auto key = [&](std::string_view suffix) { return Key(target.prefix, target.key, suffix); };
  std::vector<RedisCommand> commands;
  if (AsksLocks(target, first)) {
    commands.push_back({"SORT_RO", key("active"), "BY", "nosort", "GET", key("*:lock")});
  }
  return commands;
}

RedisCommand Entry(const QueueTarget& target, Replies before, QueueTime) {
  const auto id = OldestId(before);
  if (!id) return {};
  return {"HMGET", Key(target.prefix, target.key, *id), "timestamp", "opts", "processedOn"};
}

std::optional<double> NumberOf(const RedisReply& reply) {
  const auto text = TextOf(reply);
  return text ? LeadingNumber<double>(*text) : std::nullopt;
}

// When the job could last be taken: since it was added and its delay was over; if it is tried
// again, since it last began.
std::optional<double> WaitingSince(const RedisReply& job) {
  if (job.type == Type::kNil) return std::nullopt;
  const std::vector<RedisReply>& fields = Checked(job, Type::kArray).items;
  if (fields.size() != 3) return std::nullopt;
  const auto added = NumberOf(fields[0]);
  if (!added) return std::nullopt;
  const auto opts = TextOf(fields[1]);
  const double delay = opts ? JsonNumber(*opts, "delay").value_or(0) : 0;
  return std::max(*added + std::max(0.0, delay), NumberOf(fields[2]).value_or(0)) / 1000;
}

// Adds the active jobs. If their locks cannot be read, or are too many, jobs of a dead worker are
// among them. `locks` is null if they were not asked for.
void AddActive(double listed, const RedisReply* locks, QueueState& state) {
  if (locks != nullptr && locks->type == Type::kArray) {
    const auto all = static_cast<double>(locks->items.size());
    const auto stalled = static_cast<double>(
        std::count_if(locks->items.begin(), locks->items.end(),
                      [](const RedisReply& lock) { return lock.type == Type::kNil; }));
    state.depths.push_back({"active", all - stalled});
    state.depths.push_back({"stalled", stalled});
    return;
  }
  state.depths.push_back({"active", listed});
  if (listed == 0) state.depths.push_back({"stalled", 0});
}

// The states of both; jobs with a priority are in Bull's lists.
QueueState StateOf(const QueueTarget& target, Replies first, Replies more, QueueTime now) {
  const double markers = EndOf(first[kWaitEnd]).markers + EndOf(first[kPausedEnd]).markers;
  const double listed = CountOf(first[kWait]) + CountOf(first[kPausedList]);
  QueueState state = {.queue = target.name,
                      .depths = {{"waiting", std::max(0.0, listed - markers)},
                                 {"scheduled", CountOf(first[kDelayed])},
                                 {"failed", CountOf(first[kFailed])},
                                 {"finished", CountOf(first[kCompleted])}},
                      .paused = CountOf(first[kPausedMark]) > 0};
  const bool has_locks = AsksLocks(target, first);
  AddActive(CountOf(first[kActive]), has_locks ? &more.front() : nullptr, state);
  if (OldestId(first)) state.oldest_age_seconds = AgeSince(WaitingSince(more[has_locks]), now);
  return state;
}

QueueAnswer ReadBull(const QueueTarget& target, Replies replies, QueueTime now) {
  return {.states = {StateOf(target, replies.first(kBull), replies.subspan(kBull), now)}};
}

QueueAnswer ReadBullMq(const QueueTarget& target, Replies replies, QueueTime now) {
  QueueState state = StateOf(target, replies.first(kBullMq), replies.subspan(kBullMq), now);
  state.depths.front().depth += CountOf(replies[kPrioritized]);
  state.depths.push_back({"blocked", CountOf(replies[kChildren])});
  return {.states = {std::move(state)}};
}

// --- all queues together: the workers, by the names of their connections ----------

constexpr double kClientsRead = 1000;  // 300 bytes each.

std::vector<RedisCommand> RealmCommands(const QueueTarget&, QueueTime) {
  return {{"INFO", "clients"}};
}

std::optional<double> ConnectedClients(const RedisReply& info) {
  const std::string& text = Checked(info, Type::kString).text;
  constexpr std::string_view kField = "connected_clients:";
  const std::size_t at = text.find(kField);
  if (at == std::string::npos) return std::nullopt;
  return LeadingNumber<double>(text.substr(at + kField.size(), 20));
}

bool AsksClients(const RedisReply& info) {
  const auto clients = ConnectedClients(info);
  return clients && *clients <= kClientsRead;
}

std::vector<RedisCommand> RealmMore(const QueueTarget&, Replies first, QueueTime) {
  if (!AsksClients(first[0])) return {};
  return {{"CLIENT", "LIST"}};
}

// The queue that a connection of this name works for: that of a worker, but not that of a listener
// for events (:qe).
std::optional<std::string> QueueOfClient(std::string_view name, const std::string& prefix) {
  const auto rest = Between(name, prefix + ":", "");
  if (!rest) return std::nullopt;
  const std::size_t end = std::min(rest->find(':'), rest->size());
  const std::string_view after = std::string_view(*rest).substr(end);
  if (!after.empty() && !after.starts_with(":w:")) return std::nullopt;
  return DecodedBase64(std::string_view(*rest).substr(0, end));
}

QueueAnswer RealmRead(const QueueTarget& target, Replies replies, QueueTime) {
  QueueAnswer answer;
  if (!AsksClients(replies[0])) {
    answer.problems.emplace_back(ErrorKind::kLimit,
                                 "more than 1000 connections: workers are not counted");
    return answer;
  }
  const std::string& list = Checked(replies[1], Type::kString).text;
  answer.consumers.emplace();
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find('\n', at), list.size());
    const std::string_view line = std::string_view(list).substr(at, end - at);
    at = end + 1;
    const std::size_t name = line.find(" name=");
    if (name == std::string_view::npos) continue;
    const std::string_view rest = line.substr(name + 6);
    const auto queue = QueueOfClient(rest.substr(0, rest.find(' ')), target.prefix);
    if (queue) ++(*answer.consumers)[*queue];
  }
  return answer;
}

constexpr QueueQuestion kBullQuestion = {BullCommands, More, ReadBull, Entry};
constexpr QueueQuestion kBullMqQuestion = {BullMqCommands, More, ReadBullMq, Entry};
constexpr QueueQuestion kWorkers = {RealmCommands, RealmMore, RealmRead};

// --- which queues there are ---------------------------------------------------------

RedisCommand ScanBullMq(const std::string& prefix, const std::string& cursor) {
  return ScanCommand(cursor, EscapedGlob(prefix) + ":*:meta");
}

RedisCommand ScanBull(const std::string& prefix, const std::string& cursor) {
  return ScanCommand(cursor, EscapedGlob(prefix) + ":*:id");
}

std::optional<std::string> BullMqQueueOf(const std::string& prefix, const std::string& found) {
  return Between(found, prefix + ":", ":meta");
}

std::optional<std::string> BullQueueOf(const std::string& prefix, const std::string& found) {
  return Between(found, prefix + ":", ":id");
}

// A queue that Bull 4 has paused also has a meta key.
RedisCommand HasMeta(const std::string& prefix, const std::string& queue) {
  return {"HEXISTS", Key(prefix, queue, "meta"), kOwnMeta};
}

constexpr QueueRegistry kBullMqRegistry = {ScanBullMq, BullMqQueueOf, HasMeta, 1};
constexpr QueueRegistry kBullRegistry = {ScanBull, BullQueueOf, HasMeta, 0};

}  // namespace

constexpr QueueSystem kBullMqQueues = {.name = "bullmq",
                                       .prefix = "bull",
                                       .has_prefix = true,
                                       .question = &kBullMqQuestion,
                                       .realm = &kWorkers,
                                       .registry = &kBullMqRegistry};
constexpr QueueSystem kBullQueues = {.name = "bull",
                                     .prefix = "bull",
                                     .has_prefix = true,
                                     .question = &kBullQuestion,
                                     .realm = &kWorkers,
                                     .registry = &kBullRegistry};

}  // namespace collectors
