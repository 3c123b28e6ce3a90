// arq (arq-docs.helpmanual.io). A queue is a zset of jobs by when they are due, in milliseconds. A
// job stays in it while it runs, and then has a key arq:in-progress:ID, which outlives a killed
// worker by the job's timeout and ten seconds. Workers take only from the front (the first 100 due
// entries by default), so running jobs are in front. Results are pickles, and nothing lists the
// workers: how many jobs have failed, and how many workers there are, is not known. As in arq
// 0.28.0.

#include <algorithm>

#include "collectors/queue/systems/queue_reply.h"
#include "collectors/queue/systems/systems.h"
#include "collectors/shared/redis_glob.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using Replies = QueueQuestion::Replies;
using Type = RedisReply::Type;

constexpr double kMillisecondsPerSecond = 1000;

std::vector<RedisCommand> Commands(const QueueTarget& target, QueueTime now) {
  const std::string due = MillisecondsText(now);
  return {{"ZCOUNT", target.key, "-inf", due},
          {"ZCOUNT", target.key, "(" + due, "+inf"},
          {"ZRANGEBYSCORE", target.key, "-inf", due, "WITHSCORES", "LIMIT", "0",
           std::to_string(kQueueMembersRead)}};
}

// The first due entries: id, score, id, score...
const std::vector<RedisReply>& Front(Replies replies) {
  const std::vector<RedisReply>& front = Checked(replies[2], Type::kArray).items;
  if (front.size() % 2 == 0) return front;
  throw CollectError(ErrorKind::kProtocol, "Redis names an entry without its score");
}

std::vector<RedisCommand> More(const QueueTarget&, Replies first, QueueTime) {
  RedisCommand command = {"MGET"};
  const std::vector<RedisReply>& front = Front(first);
  for (std::size_t i = 0; i < front.size(); i += 2) {
    command.push_back("arq:in-progress:" + Checked(front[i], Type::kString).text);
  }
  if (command.size() == 1) return {};
  return {std::move(command)};
}

QueueAnswer Read(const QueueTarget& target, Replies replies, QueueTime now) {
  const std::vector<RedisReply>& front = Front(replies);
  double running = 0;
  std::optional<double> oldest;
  for (std::size_t i = 0; i < front.size() / 2; ++i) {
    const std::vector<RedisReply>& marks = Checked(replies[3], Type::kArray).items;
    if (marks.size() != front.size() / 2) {
      throw CollectError(ErrorKind::kProtocol, "Redis answers MGET with another number of values");
    }
    if (TextOf(marks[i])) {
      ++running;
    } else if (!oldest) {
      oldest = LeadingNumber<double>(Checked(front[2 * i + 1], Type::kString).text);
    }
  }
  QueueState state = {.queue = target.name,
                      .depths = {{"waiting", std::max(0.0, CountOf(replies[0]) - running)},
                                 {"active", running},
                                 {"scheduled", CountOf(replies[1])}}};
  if (oldest) state.oldest_age_seconds = AgeSince(*oldest / kMillisecondsPerSecond, now);
  return {.states = {std::move(state)}};
}

constexpr QueueQuestion kQueue = {Commands, More, Read};

RedisCommand Scan(const std::string& prefix, const std::string& cursor) {
  return ScanCommand(cursor, EscapedGlob(prefix) + "*");
}

std::optional<std::string> QueueOf(const std::string&, const std::string& found) {
  if (found.ends_with(":health-check")) return std::nullopt;
  return found;
}

constexpr QueueRegistry kRegistry = {
    .scan = Scan, .queue = QueueOf, .leaves_no_trace = true, .names_are_keys = true};

}  // namespace

constexpr QueueSystem kArqQueues = {.name = "arq",
                                    .prefix = "arq:queue",
                                    .has_prefix = true,
                                    .question = &kQueue,
                                    .registry = &kRegistry};

}  // namespace collectors
