#include "collectors/celery/brokers/redis_bindings.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "collectors/shared/redis_glob.h"
#include "exporter/seam/deadline.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using Type = RedisReply::Type;

constexpr std::size_t kStep = 1000;  // Keys that one SCAN looks at: takes the server about 0.3 ms.
constexpr std::size_t kMaxQueues = 1000;
// In all sets of a walk: each takes the server about 0.5 µs.
constexpr std::size_t kMaxMembers = 10000;
// The cursor before and after a walk.
constexpr std::string_view kWalkStart = "0";

// Whether the key is not a set, and so not one of Celery's. Throws any other error.
bool IsRefused(std::string_view command, const RedisReply& reply) {
  if (reply.type != Type::kError) return false;
  if (KindOfRedisError(reply.text) != ErrorKind::kQuery) throw RedisError(command, reply);
  return true;
}

}  // namespace

RedisBindings::RedisBindings(RedisNames names, std::size_t keys_a_walk)
    : names_(std::move(names)), keys_a_walk_(keys_a_walk), known_(names_), found_(names_) {}

void RedisBindings::Walk(const CollectContext& context, RedisSession& session) {
  const Deadline end = Deadline::After(context.deadline.Remaining() / 2);
  for (std::size_t passed = 0; passed < keys_a_walk_ && !end.Expired(); passed += kStep) {
    if (cursor_ == kWalkStart) BeginWalk();
    const RedisReply reply = Scan(context, session);
    ReadSets(context, session, reply.items[1]);
    cursor_ = reply.items[0].text;
    if (cursor_ == kWalkStart) return EndWalk();
  }
}

RedisReply RedisBindings::Scan(const CollectContext& context, RedisSession& session) {
  const std::string glob = EscapedGlob(names_.BindingPrefix()) + "*";
  while (true) {
    const RedisCommand scan = {"SCAN", cursor_, "MATCH", glob, "COUNT", std::to_string(kStep)};
    RedisReply reply = std::move(session.Pipeline(context, {scan}).front());
    if (reply.type == Type::kError) throw RedisError("SCAN", reply);
    if (reply.items.size() != 2) {
      throw CollectError(ErrorKind::kProtocol, "SCAN: a strange answer");
    }
    const bool is_same = connection_ == session.connections();
    connection_ = session.connections();
    if (is_same || cursor_ == kWalkStart) return reply;
    // Another server may have answered, which does not know the cursor.
    cursor_ = std::string(kWalkStart);
    BeginWalk();
  }
}

void RedisBindings::ReadSets(const CollectContext& context, RedisSession& session,
                             const RedisReply& keys) {
  const std::size_t prefix = names_.BindingPrefix().size();
  std::vector<Set> sets;
  for (const RedisReply& key : keys.items) {
    std::string exchange = key.text.substr(std::min(prefix, key.text.size()));
    // These sets have one member for each worker, also for killed ones, and no queues of tasks.
    const bool is_of_control = exchange.ends_with(".pidbox");
    if (is_of_control) NoteMailboxes({exchange, key.text});
    if (exchange == names_.event_exchange || is_of_control) continue;
    sets.push_back({std::move(exchange), key.text});
  }
  sets = Small(context, session, std::move(sets));
  if (sets.empty()) return;
  std::vector<RedisCommand> commands;
  commands.reserve(sets.size());
  for (const Set& set : sets) commands.push_back({"SMEMBERS", set.key});
  const std::vector<RedisReply> read = session.Pipeline(context, commands);
  for (std::size_t i = 0; i < read.size(); ++i) {
    if (IsRefused("SMEMBERS", read[i])) continue;
    for (const RedisReply& member : read[i].items) Add(sets[i].exchange, member.text);
  }
}

void RedisBindings::NoteMailboxes(const Set& set) {
  const bool is_of_replies = set.exchange.starts_with("reply.");
  if (set.exchange != names_.control.calls && !is_of_replies) found_mailboxes_ = set.key;
}

std::vector<RedisBindings::Set> RedisBindings::Small(const CollectContext& context,
                                                     RedisSession& session, std::vector<Set> sets) {
  if (sets.empty()) return sets;
  std::vector<RedisCommand> commands;
  commands.reserve(sets.size());
  for (const Set& set : sets) commands.push_back({"SCARD", set.key});
  const std::vector<RedisReply> sizes = session.Pipeline(context, commands);
  std::vector<Set> small;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    if (IsRefused("SCARD", sizes[i])) continue;
    const auto size = static_cast<std::size_t>(std::max(sizes[i].integer, 0LL));
    if (size > kMaxMembers - members_) {
      found_.Cut(sets[i].exchange);
      continue;
    }
    members_ += size;
    small.push_back(std::move(sets[i]));
  }
  return small;
}

void RedisBindings::BeginWalk() {
  found_ = RedisRoutes(names_);
  members_ = 0;
}

void RedisBindings::EndWalk() {
  known_ = std::move(found_);
  other_mailboxes_ = std::exchange(found_mailboxes_, "");
  BeginWalk();
  is_whole_ = true;
}

bool RedisBindings::IsKnown(const std::string& exchange) const {
  return exchange.empty() || (is_whole_ && !IsCut(exchange));
}

std::vector<std::string> RedisBindings::Queues() const {
  std::set<std::string> queues;
  known_.AddQueues(kMaxQueues, queues);
  found_.AddQueues(kMaxQueues, queues);
  return {queues.begin(), queues.end()};
}

std::optional<CollectError> RedisBindings::Problem() const {
  const std::size_t cut = known_.cut_exchanges();
  if (cut == 0) return std::nullopt;
  return CollectError(ErrorKind::kLimit,
                      fmt::format("exchanges whose bindings are not all read: {}; there are more "
                                  "than {} bindings, or too many patterns",
                                  cut, kMaxMembers),
                      "discovery");
}

}  // namespace collectors
