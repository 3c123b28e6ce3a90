#include "collectors/celery/brokers/redis_depth.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using Type = RedisReply::Type;
using Replies = std::span<const RedisReply>;

constexpr char kUnacked[] = "unacked";
constexpr char kHeads[] = "heads";
constexpr double kMostAge = 1e9;  // Thirty years: a task is not older.

bool IsError(const RedisReply& reply) { return reply.type == Type::kError; }

// The key of another program has the queue's name.
bool IsNoList(const RedisReply& reply) {
  return IsError(reply) && reply.text.starts_with("WRONGTYPE");
}

CollectError Problem(std::string_view command, const RedisReply& reply, const std::string& part) {
  if (IsError(reply)) {
    const CollectError error = RedisError(command, reply);
    return {error.kind(), error.what(), part};
  }
  return {ErrorKind::kProtocol, std::string(command) + ": a strange answer", part};
}

// Returns a count, or nothing and adds a problem.
std::optional<double> Count(std::string_view command, const RedisReply& reply,
                            const std::string& part, BrokerReading& reading) {
  if (reply.type == Type::kInteger && reply.integer >= 0) return static_cast<double>(reply.integer);
  reading.problems.push_back(Problem(command, reply, part));
  return std::nullopt;
}

// Age of the message that has been unacknowledged the longest; 0 if there is none.
std::optional<double> OldestAge(const RedisReply& reply, double now, BrokerReading& reading) {
  if (reply.type == Type::kArray && reply.items.empty()) return 0;
  if (reply.type == Type::kArray && reply.items.size() == 2) {
    const std::string& score = reply.items[1].text;
    double since = 0;
    const auto [end, error] = std::from_chars(score.data(), score.data() + score.size(), since);
    if (error == std::errc() && now - since <= kMostAge) return std::max(0.0, now - since);
  }
  reading.problems.push_back(Problem("ZRANGE", reply, kUnacked));
  return std::nullopt;
}

// Adds the queue, and its lists that hold messages, unless one is refused.
void ReadQueue(const std::string& queue, const std::vector<std::string>& lists, Replies lengths,
               RedisDepth& depth) {
  std::vector<WaitingList> full;
  double waiting = 0;
  for (std::size_t i = 0; i < lists.size(); ++i) {
    if (IsNoList(lengths[i])) {
      depth.reading.problems.emplace_back(ErrorKind::kMissing, "its key is no list", queue);
      return;
    }
    const auto length = Count("LLEN", lengths[i], queue, depth.reading);
    if (!length) return;
    waiting += *length;
    if (*length > 0) full.push_back({depth.reading.queues.size(), lists[i], *length});
  }
  QueueReading reading;
  reading.name = queue;
  reading.waiting = waiting;
  reading.knows_heads = true;
  depth.reading.queues.push_back(std::move(reading));
  std::ranges::move(full, std::back_inserter(depth.lists));
}

// Counts unacknowledged messages by queue.
class Shares {
 public:
  Shares(RedisBindings& bindings, const BrokerReading& reading) : bindings_(bindings) {
    for (const QueueReading& queue : reading.queues) asked_.insert(queue.name);
  }

  void Add(const UnackedMessage& message, double now) {
    for (const std::string& queue : CandidatesFor(message)) {
      Share& share = shares_[queue];
      ++share.unacked;
      if (message.eta && *message.eta > now) ++share.scheduled;
    }
  }

  void Write(BrokerReading& reading) const {
    for (QueueReading& queue : reading.queues) {
      if (doubtful_.contains(queue.name)) continue;
      const auto found = shares_.find(queue.name);
      const Share share = found == shares_.end() ? Share() : found->second;
      queue.unacked = share.unacked;
      queue.scheduled = share.scheduled;
    }
  }

  // Messages that may be of any queue.
  std::size_t unknown() const { return unknown_; }

 private:
  struct Share {
    double unacked = 0;
    double scheduled = 0;
  };

  // Returns the one queue that the message went to; empty if that is not known.
  const std::vector<std::string>& CandidatesFor(const UnackedMessage& message) {
    const auto [place, is_new] =
        queues_.try_emplace({message.exchange, message.routing_key}, std::vector<std::string>());
    if (is_new) place->second = Find(message);
    if (place->second.size() > 1) {
      doubtful_.insert(place->second.begin(), place->second.end());
      return none_;
    }
    if (place->second.empty() && !bindings_.IsKnown(message.exchange)) ++unknown_;
    return place->second;
  }

  std::vector<std::string> Find(const UnackedMessage& message) const {
    // On the default exchange the routing key is the queue's name.
    if (message.exchange.empty()) return {message.routing_key};
    std::vector<std::string> queues = bindings_.QueuesOf(message.exchange, message.routing_key);
    // Celery's own exchanges and routing keys are named like their queue.
    const bool may_be_own = queues.empty() && !bindings_.IsCut(message.exchange);
    if (may_be_own && asked_.contains(message.routing_key)) queues = {message.routing_key};
    return queues;
  }

  RedisBindings& bindings_;
  std::set<std::string> asked_;
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> queues_;
  std::map<std::string, Share> shares_;
  std::set<std::string> doubtful_;
  const std::vector<std::string> none_;
  std::size_t unknown_ = 0;
};

}  // namespace

std::vector<RedisCommand> DepthCommands(const RedisNames& names,
                                        const std::vector<std::string>& queues,
                                        std::chrono::duration<double> visibility_timeout,
                                        double now) {
  std::vector<RedisCommand> commands;
  for (const std::string& queue : queues) {
    for (std::string& key : names.Lists(queue)) commands.push_back({"LLEN", std::move(key)});
  }
  commands.push_back({"HLEN", names.Unacked()});
  commands.push_back({"ZRANGE", names.UnackedIndex(), "0", "0", "WITHSCORES"});
  commands.push_back({"ZCOUNT", names.UnackedIndex(), "-inf",
                      fmt::format("({:.3f}", now - visibility_timeout.count())});
  return commands;
}

RedisDepth ReadDepth(const RedisNames& names, const std::vector<std::string>& queues,
                     const std::vector<RedisReply>& replies, double now) {
  if (std::ranges::all_of(replies, IsError))
    throw RedisError("the depth of queues", replies.front());
  RedisDepth depth;
  Replies rest = replies;
  for (const std::string& queue : queues) {
    const std::vector<std::string> lists = names.Lists(queue);
    ReadQueue(queue, lists, rest.first(lists.size()), depth);
    rest = rest.subspan(lists.size());
  }
  BrokerReading& reading = depth.reading;
  reading.unacked = Count("HLEN", rest[0], kUnacked, reading);
  reading.oldest_unacked_age_seconds = OldestAge(rest[1], now, reading);
  reading.overdue = Count("ZCOUNT", rest[2], kUnacked, reading);
  return depth;
}

void ReadHead(const WaitingList& list, const RedisReply& reply, BrokerReading& reading) {
  QueueReading& queue = reading.queues[list.queue];
  // A list that has been emptied since then has no head.
  if (reply.type == Type::kNil) return;
  if (reply.type == Type::kString) {
    if (auto head = ReadTaskMessage(reply.text)) queue.heads.push_back(*std::move(head));
    return;
  }
  queue.knows_heads = false;
  const bool is_told =
      std::ranges::any_of(reading.problems, [](const auto& p) { return p.part() == kHeads; });
  if (!is_told) reading.problems.push_back(Problem("LINDEX", reply, kHeads));
}

void ShareUnacked(const UnackedMessages& messages, RedisBindings& bindings, const ShareTime& time,
                  BrokerReading& reading) {
  Shares shares(bindings, reading);
  std::size_t foreign = 0;
  for (const auto& [tag, message] : messages) {
    if (time.until.Expired()) {
      reading.problems.emplace_back(ErrorKind::kTimeout, "no time was left to find their queues",
                                    kUnacked);
      return;
    }
    if (message) {
      shares.Add(*message, time.now);
    } else {
      ++foreign;
    }
  }
  if (foreign == 0 && shares.unknown() == 0) return shares.Write(reading);
  const bool is_foreign = foreign > 0;
  reading.problems.emplace_back(
      is_foreign ? ErrorKind::kProtocol : ErrorKind::kLimit,
      fmt::format("which queues unacknowledged messages are of is not known: {} of {} {}",
                  is_foreign ? foreign : shares.unknown(), messages.size(),
                  is_foreign ? "are none of Celery's"
                             : "came by exchanges whose bindings have not been read"),
      kUnacked);
}

}  // namespace collectors
