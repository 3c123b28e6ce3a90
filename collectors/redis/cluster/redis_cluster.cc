#include "collectors/redis/cluster/redis_cluster.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "collectors/clients/redis/endpoint.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;

constexpr int kMostRedirections = 3;
constexpr std::size_t kShownErrorBytes = 200;
// How many nodes are asked for the topology before the seed.
constexpr std::size_t kMostSources = 3;

// The first words of an error reply of each kind, from which KindOfRedisError recovers the kind.
// All other kinds become kUnreachable, which it reads as kConnect.
struct KindWords {
  ErrorKind kind;
  std::string_view words;
};
constexpr KindWords kKindWords[] = {
    {ErrorKind::kAuth, "NOAUTH"},
    {ErrorKind::kPermission, "NOPERM"},
    {ErrorKind::kProtocol, "ERR Protocol error"},
};
constexpr std::string_view kUnreachable = "CLUSTERDOWN";

RedisReply ErrorReply(std::string_view words, const std::string& what) {
  RedisReply reply;
  reply.type = RedisReply::Type::kError;
  reply.text = std::string(words) + " " + what;
  return reply;
}

RedisReply ErrorReply(const CollectError& error) {
  for (const KindWords& row : kKindWords) {
    if (row.kind == error.kind()) return ErrorReply(row.words, error.what());
  }
  return ErrorReply(kUnreachable, error.what());
}

void RefuseOtherDatabase(int database) {
  if (database == 0) return;
  throw CollectError(ErrorKind::kQuery, "a Redis Cluster has database 0 alone, not database " +
                                            std::to_string(database));
}

// How to read a node's reply. The server behind a Unix socket is on this machine.
ClusterViewpoint ViewpointOf(const RedisTarget& seed,
                             const std::optional<RedisNodeAddress>& node) try {
  const exporter::Secret url = seed.url.Load();
  ClusterViewpoint viewpoint;
  const RedisEndpoint endpoint = ParseRedisUrl(url.Reveal());
  viewpoint.names_first = endpoint.tls;
  viewpoint.asked_host = node ? node->host : endpoint.host;
  if (viewpoint.asked_host.empty()) viewpoint.asked_host = "127.0.0.1";
  return viewpoint;
} catch (const std::runtime_error& error) {
  throw CollectError(ErrorKind::kConnect, error.what());
} catch (const std::invalid_argument& error) {
  throw CollectError(ErrorKind::kConnect, error.what());
}

}  // namespace

RedisCluster::RedisCluster(RedisTarget seed, std::chrono::milliseconds refresh_interval)
    : seed_(std::move(seed)), refresh_interval_(refresh_interval), sessions_(seed_) {}

std::optional<CollectError> RedisCluster::Refresh(const CollectContext& context) {
  sessions_.BeginRun();
  std::optional<CollectError> problem;
  if (is_due_ || std::chrono::steady_clock::now() - learned_ >= refresh_interval_) {
    try {
      Learn(context);
    } catch (const CollectError& error) {
      if (topology_.nodes().empty()) throw;
      is_due_ = true;
      problem = error;
    }
  }
  PlanVisits();
  return problem;
}

void RedisCluster::Learn(const CollectContext& context) {
  const auto sources = Sources();
  std::optional<CollectError> failure;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    try {
      // One share more than there are sources, for the commands that follow.
      Adopt(TopologyOf(ShareOf(context, sources.size() - i + 1), sources[i]), sources[i]);
      return;
    } catch (const CollectError& error) {
      failure = error;
    }
  }
  throw CollectError(*failure);  // The seed is always the last source.
}

void RedisCluster::Adopt(ClusterTopology told, const std::optional<RedisNodeAddress>& informant) {
  // A node that was removed from the cluster reports only itself.
  if (told.shards().empty() && !topology_.shards().empty()) {
    throw CollectError(ErrorKind::kMissing, "CLUSTER NODES: no slot has an owner any more");
  }
  topology_ = std::move(told);
  sessions_.KeepMembersOf(topology_);
  informant_ = informant;
  learned_ = std::chrono::steady_clock::now();
  is_due_ = false;
}

ClusterTopology RedisCluster::TopologyOf(const CollectContext& context,
                                         const std::optional<RedisNodeAddress>& node) {
  const RedisCommand command = {"CLUSTER", "NODES"};
  const RedisReply reply = node ? AskMember(context, *node, {command}).front()
                                : RedisSession(seed_).Pipeline(context, {command}).front();
  if (reply.type == RedisReply::Type::kError) {
    throw CollectError(KindOfRedisError(reply.text),
                       "CLUSTER NODES: " + reply.text.substr(0, kShownErrorBytes));
  }
  return ClusterTopology(reply.text, ViewpointOf(seed_, node));
}

std::vector<std::optional<RedisNodeAddress>> RedisCluster::Sources() const {
  std::vector<std::optional<RedisNodeAddress>> sources;
  for (const ClusterNode& node : visits_) sources.emplace_back(node.address);
  const auto rank = [this](const std::optional<RedisNodeAddress>& source) {
    if (sessions_.Failed(*source)) return 2;
    return source == informant_ ? 0 : 1;
  };
  std::stable_sort(sources.begin(), sources.end(),
                   [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  sources.resize(std::min(sources.size(), kMostSources));
  sources.emplace_back(std::nullopt);
  return sources;
}

void RedisCluster::PlanVisits() {
  visits_.clear();
  std::copy_if(topology_.nodes().begin(), topology_.nodes().end(), std::back_inserter(visits_),
               [](const ClusterNode& node) { return node.address.port != 0; });
  std::stable_partition(visits_.begin(), visits_.end(), [this](const ClusterNode& node) {
    return !node.fails && !sessions_.Failed(node.address);
  });
  visited_.assign(visits_.size(), false);
}

std::vector<RedisReply> RedisCluster::AskNode(const CollectContext& context, std::size_t node,
                                              const std::vector<RedisCommand>& commands) {
  visited_.at(node) = true;
  // Shares for the unvisited nodes, for this one, and for the keys.
  const auto waiting =
      static_cast<std::size_t>(std::count(visited_.begin(), visited_.end(), false));
  return AskMember(ShareOf(context, waiting + 2), visits_[node].address, commands);
}

std::vector<RedisReply> RedisCluster::Ask(const CollectContext& context, int database,
                                          const std::vector<KeyCommand>& commands) {
  RefuseOtherDatabase(database);
  if (topology_.nodes().empty()) Refresh(context);
  // Not nil, which would mean a missing key.
  Batch batch = {commands, {commands.size(), ErrorReply(kUnreachable, "nobody was asked")}, {}};
  Round round = FirstRound(batch);
  for (int asked = 0; !round.empty() && asked <= kMostRedirections; ++asked) {
    AskRound(context, round, batch);
    round = std::exchange(batch.next, {});
  }
  for (const auto& [address, questions] : round) {
    for (const Question& question : questions) GiveUp(question.command, batch);
  }
  return std::move(batch.replies);
}

RedisCluster::Round RedisCluster::FirstRound(Batch& batch) {
  Round round;
  for (std::size_t i = 0; i < batch.commands.size(); ++i) {
    const int slot = KeySlot(batch.commands[i].key);
    const ClusterNode* owner = topology_.OwnerOf(slot);
    if (owner != nullptr && owner->address.port != 0) {
      round[owner->address].push_back({i, false});
    } else {
      batch.replies[i] =
          ErrorReply(kUnreachable, "no owner of slot " + std::to_string(slot) + " can be reached");
      is_due_ = true;
    }
  }
  return round;
}

void RedisCluster::AskRound(const CollectContext& context, const Round& round, Batch& batch) {
  std::vector<const Round::value_type*> order;
  for (const auto& entry : round) order.push_back(&entry);
  std::stable_partition(order.begin(), order.end(), [this](const Round::value_type* entry) {
    return !sessions_.Failed(entry->first);
  });
  std::size_t left = order.size();
  for (const Round::value_type* entry : order) {
    // One share more than there are nodes, for the redirections.
    AskOwner(ShareOf(context, left-- + 1), entry->first, entry->second, batch);
  }
}

void RedisCluster::AskOwner(const CollectContext& context, const RedisNodeAddress& address,
                            const std::vector<Question>& questions, Batch& batch) {
  std::vector<RedisCommand> words;
  for (const Question& question : questions) {
    if (question.after_asking) words.push_back({"ASKING"});
    words.push_back(batch.commands[question.command].words);
  }
  std::vector<RedisReply> replies;
  try {
    replies = AskMember(context, address, std::move(words));
  } catch (const CollectError& error) {
    for (const Question& question : questions) batch.replies[question.command] = ErrorReply(error);
    return;
  }
  std::size_t next = 0;
  for (const Question& question : questions) {
    if (question.after_asking) ++next;
    batch.replies[question.command] = std::move(replies[next++]);
    Follow(question.command, address, batch);
  }
}

void RedisCluster::Follow(std::size_t command, const RedisNodeAddress& asked, Batch& batch) {
  const RedisReply& reply = batch.replies[command];
  if (reply.type == RedisReply::Type::kError && reply.text.starts_with(kUnreachable)) {
    is_due_ = true;
  }
  std::optional<Redirection> redirection = RedirectionOf(reply, asked.host);
  if (!redirection) return;
  if (!redirection->is_ask) is_due_ = true;
  // The redirection may give the other host (name or IP) of a node that has an open session.
  if (const ClusterNode* member = topology_.At(redirection->to)) redirection->to = member->address;
  batch.next[redirection->to].push_back({command, redirection->is_ask});
}

void RedisCluster::GiveUp(std::size_t command, Batch& batch) {
  RedisReply& reply = batch.replies[command];
  reply = ErrorReply(kUnreachable, "not followed: " + reply.text.substr(0, kShownErrorBytes));
}

std::string RedisCluster::ShardName(std::size_t shard) const {
  return topology_.nodes()[topology_.shards().at(shard)].id;
}

std::vector<RedisReply> RedisCluster::AskShard(const CollectContext& context, std::size_t shard,
                                               int database,
                                               const std::vector<RedisCommand>& commands) {
  RefuseOtherDatabase(database);
  if (shard >= ShardCount()) {
    throw CollectError(ErrorKind::kMissing, "the cluster has fewer primaries now");
  }
  const ClusterNode& node = topology_.nodes()[topology_.shards()[shard]];
  try {
    return AskMember(context, node.address, commands);
  } catch (const CollectError& error) {
    return {commands.size(), ErrorReply(error)};
  }
}

std::vector<RedisReply> RedisCluster::AskMember(const CollectContext& context,
                                                const RedisNodeAddress& address,
                                                std::vector<RedisCommand> commands) try {
  const ClusterNode* member = topology_.At(address);
  return sessions_.Ask(context, address, member == nullptr ? "" : member->id, std::move(commands));
} catch (const CollectError&) {
  is_due_ = true;
  throw;
}

}  // namespace collectors
