// Sidekiq (sidekiq.org). The keys, below a namespace ("app:") or without one:
//   queues         set of the names of queues
//   queue:Q        list of jobs (JSON), pushed at the left, taken from the right
//   paused         set of the names of paused queues (Sidekiq Pro)
//   schedule, retry, dead  zsets for all queues together
//   processes      set of identities; the hash of each lives 60 seconds after its
//                  last heartbeat: info (JSON with `queues`), busy, quiet
// A job's enqueued_at is in milliseconds since Sidekiq 8, in seconds before. It is in the job
// itself; nothing else in the job is read. As in Sidekiq 6.4.1 and 8.1; 6.4 is tested, 8 by its
// documented form.

#include <cstdint>
#include <iterator>
#include <set>

#include "collectors/queue/systems/queue_reply.h"
#include "collectors/queue/systems/systems.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using Replies = QueueQuestion::Replies;

constexpr double kLeastMilliseconds = 1e11;  // In milliseconds the year 1973, in seconds 5138.

std::string Key(const std::string& prefix, std::string_view name) {
  return (prefix.empty() ? "" : prefix + ":") + std::string(name);
}

// Without a namespace, an application may have given these names to other keys. Such a key costs
// only the value that it would stand for.
bool IsOfAnotherType(const RedisReply& reply, std::string_view key,
                     std::vector<CollectError>& problems) {
  if (reply.type != RedisReply::Type::kError || !reply.text.starts_with("WRONGTYPE")) return false;
  if (problems.empty()) problems.push_back(RedisError(key, reply));
  return true;
}

// --- a queue -------------------------------------------------------------------

std::vector<RedisCommand> Commands(const QueueTarget& target, QueueTime) {
  const std::string list = Key(target.prefix, "queue:" + target.key);
  return {{"LLEN", list}, {"SISMEMBER", Key(target.prefix, "paused"), target.key}};
}

RedisCommand Entry(const QueueTarget& target, Replies before, QueueTime) {
  if (CountOf(before[0]) == 0) return {};
  return {"LINDEX", Key(target.prefix, "queue:" + target.key), "-1"};
}

std::optional<double> EnqueuedAt(const std::string& job) {
  const auto time = JsonNumber(job, "enqueued_at");
  return time && *time >= kLeastMilliseconds ? *time / 1000 : time;
}

QueueAnswer Read(const QueueTarget& target, Replies replies, QueueTime now) {
  QueueAnswer answer;
  QueueState state = {.queue = target.name, .depths = {{"waiting", CountOf(replies[0])}}};
  if (!IsOfAnotherType(replies[1], "paused", answer.problems)) {
    state.paused = CountOf(replies[1]) > 0;
  }
  const auto oldest = replies.size() > 2 ? TextOf(replies[2]) : std::nullopt;
  if (oldest) state.oldest_age_seconds = AgeSince(EnqueuedAt(*oldest), now);
  answer.states.push_back(std::move(state));
  return answer;
}

// --- all queues together -------------------------------------------------------

struct Kept {
  std::string_view key;
  std::string_view state;
};
constexpr Kept kKept[] = {{"schedule", "scheduled"}, {"retry", "retry"}, {"dead", "failed"}};

std::vector<RedisCommand> RealmCommands(const QueueTarget& target, QueueTime) {
  std::vector<RedisCommand> commands;
  for (const Kept& kept : kKept) commands.push_back({"ZCARD", Key(target.prefix, kept.key)});
  commands.push_back(MembersCommand(Key(target.prefix, "processes")));
  return commands;
}

std::vector<RedisCommand> RealmMore(const QueueTarget& target, Replies first, QueueTime) {
  std::vector<RedisCommand> commands;
  for (const std::string& identity : MembersOf(first[3]).value_or(std::vector<std::string>())) {
    commands.push_back({"HMGET", Key(target.prefix, identity), "info", "busy", "quiet"});
  }
  return commands;
}

// What live processes do. A process that was killed stays in the set; its hash expires.
struct Processes {
  std::optional<double> busy = 0;
  std::optional<double> consumers = 0;
  std::map<std::string, double, std::less<>> by_queue;
};

void AddProcess(const RedisReply& fields, Processes& processes) {
  if (Checked(fields, RedisReply::Type::kArray).items.size() != 3) return;
  const auto info = TextOf(fields.items[0]);
  const auto busy = TextOf(fields.items[1]);
  if (!info || !busy) return;
  const auto jobs = LeadingNumber<std::int32_t>(*busy);
  if (!jobs || *jobs < 0) processes.busy.reset();
  if (processes.busy) *processes.busy += *jobs;
  // A quiet process finishes its jobs and takes no more.
  if (TextOf(fields.items[2]) == "true") return;
  const auto queues = JsonTexts(*info, "queues");
  if (!queues) processes.consumers.reset();
  if (processes.consumers) ++*processes.consumers;
  // A queue is listed as many times as its weight.
  const auto texts = queues.value_or(std::vector<std::string>());
  const std::set<std::string> once(texts.begin(), texts.end());
  for (const std::string& queue : once) ++processes.by_queue[queue];
}

// Skips a member of the set that is not a hash, and so not a process, with a problem.
Processes ProcessesOf(Replies replies, std::vector<CollectError>& problems) {
  Processes processes;
  for (const RedisReply& fields : replies) {
    if (!IsOfAnotherType(fields, "a member of processes", problems)) AddProcess(fields, processes);
  }
  return processes;
}

QueueAnswer RealmRead(const QueueTarget& target, Replies replies, QueueTime) {
  QueueAnswer answer;
  QueueState state = {.queue = target.name};
  for (std::size_t i = 0; i < std::size(kKept); ++i) {
    if (IsOfAnotherType(replies[i], kKept[i].key, answer.problems)) continue;
    state.depths.push_back({kKept[i].state, CountOf(replies[i])});
  }
  if (!MembersOf(replies[3])) {
    answer.problems.emplace_back(ErrorKind::kLimit, "more than 1000 processes: not counted");
  } else {
    Processes processes = ProcessesOf(replies.subspan(4), answer.problems);
    if (processes.busy) state.depths.push_back({"active", *processes.busy});
    state.consumers = processes.consumers;
    if (processes.consumers) answer.consumers = std::move(processes.by_queue);
  }
  answer.states.push_back(std::move(state));
  return answer;
}

constexpr QueueQuestion kQueue = {Commands, nullptr, Read, Entry};
constexpr QueueQuestion kRealm = {RealmCommands, RealmMore, RealmRead};

RedisCommand Scan(const std::string& prefix, const std::string& cursor) {
  return {"SSCAN", Key(prefix, "queues"), cursor, "COUNT", "1000"};
}

std::optional<std::string> QueueOf(const std::string&, const std::string& found) { return found; }

constexpr QueueRegistry kRegistry = {.scan = Scan, .queue = QueueOf};

}  // namespace

constexpr QueueSystem kSidekiqQueues = {.name = "sidekiq",
                                        .prefix = "",
                                        .has_prefix = true,
                                        .question = &kQueue,
                                        .realm = &kRealm,
                                        .registry = &kRegistry};

}  // namespace collectors
