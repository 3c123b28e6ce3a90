#include "collectors/queue/queue_discovery.h"

#include <algorithm>
#include <set>

#include "collectors/queue/systems/queue_reply.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;
using exporter::Reading;
using exporter::SteadyTime;
using Type = RedisReply::Type;

// A collection's budget, in equal shares for the present look-ups: 100,000 keys, in steps that
// block the server for less than a millisecond each.
constexpr int kSteps = 100;
constexpr std::chrono::milliseconds kTime{100};
constexpr std::size_t kLongestName = 1024;  // A longer one is content, not a name.
constexpr std::chrono::hours kKept{24};     // Of a queue that leaves no trace.

std::string PartName(const QueueRealm& realm) {
  const std::string name = "discovery of " + std::string(realm.system->name);
  return realm.prefix == realm.system->prefix ? name : name + " below " + realm.prefix;
}

// The cursor and the elements of a reply to SCAN.
struct ScanStep {
  std::string cursor;
  const std::vector<RedisReply>* elements;
};

ScanStep StepOf(const RedisReply& reply) {
  const std::vector<RedisReply>& parts = Checked(reply, Type::kArray).items;
  if (parts.size() != 2 || parts[0].type != Type::kString || parts[0].text.empty()) {
    throw CollectError(ErrorKind::kProtocol, "Redis answers SCAN with something else");
  }
  return {parts[0].text, &Checked(parts[1], Type::kArray).items};
}

// The queues that the elements stand for, each once.
std::vector<std::string> QueuesIn(const std::vector<RedisReply>& elements,
                                  const QueueRealm& realm) {
  std::set<std::string> queues;
  for (const RedisReply& element : elements) {
    const auto queue = realm.system->registry->queue(realm.prefix, element.text);
    if (queue && !queue->empty() && queue->size() <= kLongestName) queues.insert(*queue);
  }
  return {queues.begin(), queues.end()};
}

}  // namespace

std::string QueueLabel(const QueueRealm& realm, const std::string& queue) {
  const QueueSystem& system = *realm.system;
  const bool names_are_keys = system.registry != nullptr && system.registry->names_are_keys;
  return names_are_keys || realm.prefix == system.prefix ? queue : realm.prefix + ":" + queue;
}

QueueDiscovery::QueueDiscovery(std::vector<QueueRealm> realms, std::chrono::milliseconds interval)
    : interval_(interval) {
  for (QueueRealm& realm : realms) {
    walks_.push_back({.realm = std::move(realm), .begun = {}, .due = SteadyTime::min()});
  }
}

std::vector<QueueDiscovery::Found> QueueDiscovery::queues() const {
  std::vector<Found> found;
  for (const Walk& walk : walks_) {
    for (const auto& [queue, time] : walk.seen) found.push_back({&walk.realm, queue});
  }
  return found;
}

std::vector<QueueRealm> QueueDiscovery::realms() const {
  std::vector<QueueRealm> realms;
  for (const Walk& walk : walks_) realms.push_back(walk.realm);
  return realms;
}

std::size_t QueueDiscovery::FoundCount() const {
  std::size_t count = 0;
  for (const Walk& walk : walks_) count += walk.seen.size();
  return count;
}

void QueueDiscovery::Step(const CollectContext& context, RedisSession& session, SteadyTime now,
                          Reading& reading) {
  int under_way = 0;
  for (Walk& walk : walks_) {
    if (walk.cursor.empty() && walk.due <= now) Begin(now, walk);
    if (!walk.cursor.empty()) ++under_way;
  }
  for (Walk& walk : walks_) {
    const bool tried = !walk.cursor.empty();
    if (tried) Go(context, session, now, under_way, walk);
    auto& told = tried ? reading.problems : reading.standing;
    if (walk.refused) told.push_back(*walk.refused);
    if (walk.too_many) {
      told.emplace_back(ErrorKind::kLimit, "there are more than 1000 queues: the rest is not shown",
                        PartName(walk.realm));
    }
  }
}

void QueueDiscovery::Begin(SteadyTime now, Walk& walk) {
  walk.begun = now;
  walk.due = now + interval_;
  walk.cursor = "0";
  walk.too_many = false;
  walk.refused.reset();
}

// Takes at least one step: otherwise a look-up would wait until another one ends, which among
// millions of keys takes longer than the interval.
void QueueDiscovery::Go(const CollectContext& context, RedisSession& session, SteadyTime now,
                        int under_way, Walk& walk) {
  const SteadyTime until = std::chrono::steady_clock::now() + kTime / under_way;
  int steps = 0;
  do {
    TakeStep(context, session, now, walk);
    ++steps;
  } while (!walk.cursor.empty() && steps < kSteps / under_way &&
           std::chrono::steady_clock::now() < until);
}

void QueueDiscovery::TakeStep(const CollectContext& context, RedisSession& session, SteadyTime now,
                              Walk& walk) {
  const QueueRegistry& registry = *walk.realm.system->registry;
  const auto replies = session.Pipeline(context, {registry.scan(walk.realm.prefix, walk.cursor)});
  try {
    ScanStep step = StepOf(replies.at(0));
    Add(Proven(context, session, walk.realm, QueuesIn(*step.elements, walk.realm)), now, walk);
    walk.cursor = step.cursor == "0" ? "" : std::move(step.cursor);
    if (walk.cursor.empty()) End(now, walk);
  } catch (const CollectError& error) {
    // A server that is loading, or wants a password, answers every command like this.
    if (error.kind() == ErrorKind::kConnect || error.kind() == ErrorKind::kAuth) throw;
    walk.refused.emplace(error.kind(), error.what(), PartName(walk.realm));
    walk.cursor.clear();
  }
}

std::vector<std::string> QueueDiscovery::Proven(const CollectContext& context,
                                                RedisSession& session, const QueueRealm& realm,
                                                std::vector<std::string> queues) const {
  const QueueRegistry& registry = *realm.system->registry;
  if (registry.proof == nullptr || queues.empty()) return queues;
  std::vector<RedisCommand> commands;
  commands.reserve(queues.size());
  for (const std::string& queue : queues) commands.push_back(registry.proof(realm.prefix, queue));
  const std::vector<RedisReply> replies = session.Pipeline(context, commands);
  std::vector<std::string> proven;
  for (std::size_t i = 0; i < queues.size(); ++i) {
    // A key of another type is not a queue's.
    if (replies[i].type == Type::kError && replies[i].text.starts_with("WRONGTYPE")) continue;
    if (Checked(replies[i], Type::kInteger).integer == registry.proven_by) {
      proven.push_back(std::move(queues[i]));
    }
  }
  return proven;
}

void QueueDiscovery::Add(const std::vector<std::string>& queues, SteadyTime now, Walk& walk) {
  for (const std::string& queue : queues) {
    const auto known = walk.seen.find(queue);
    if (known != walk.seen.end()) {
      known->second = now;
    } else if (FoundCount() < kQueuesFound) {
      walk.seen.emplace(queue, now);
    } else {
      walk.too_many = true;
    }
  }
}

// Everything that exists has been seen since the look-up began; what was not seen is gone.
void QueueDiscovery::End(SteadyTime now, Walk& walk) {
  const bool keeps = walk.realm.system->registry->leaves_no_trace;
  std::erase_if(walk.seen, [&](const auto& queue) {
    return keeps ? now - queue.second > kKept : queue.second < walk.begun;
  });
}

}  // namespace collectors
