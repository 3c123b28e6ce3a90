#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collectors/clients/redis/redis_session.h"
#include "collectors/redis/cluster/cluster_topology.h"
#include "collectors/redis/cluster/node_sessions.h"
#include "collectors/redis/keys/key_store.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// A Redis Cluster: its nodes, found by asking one of them, and its keys, each asked
// of the primary that owns its slot. A key's reply is its owner's own, or an error:
// a slot on its way and a node that is down are never taken for a missing key.
// Replicas are visited, but asked for no keys. A node that fails is not asked again
// before the next Refresh(), and a failure or a move makes the nodes due. Every call
// ends by context.deadline. One thread at a time.
class RedisCluster : public KeyStore {
 public:
  // The URL's host is one of the nodes, any one: it is asked for the others, and
  // again when none of those that it named answers.
  explicit RedisCluster(RedisTarget seed,
                        std::chrono::milliseconds refresh_interval = std::chrono::minutes(1));

  // Begins a run: asks for the nodes where that is due. Throws CollectError where
  // none are known and nobody told; otherwise returns why those of before stay.
  std::optional<exporter::CollectError> Refresh(const exporter::CollectContext& context);

  // Those that can be reached, each address once, the ones that failed last; an
  // index is good until the next Refresh().
  const std::vector<ClusterNode>& Nodes() const { return visits_; }
  // A reply for each command, of one node, within a share of the time so that the
  // others have theirs. Throws CollectError where the node fails.
  std::vector<RedisReply> AskNode(const exporter::CollectContext& context, std::size_t node,
                                  const std::vector<RedisCommand>& commands);

  std::vector<RedisReply> Ask(const exporter::CollectContext& context, int database,
                              const std::vector<KeyCommand>& commands) override;
  bool TakesManyKeys() const override { return false; }
  // The primaries that own slots, in the order of their ids.
  std::size_t ShardCount() const override { return topology_.shards().size(); }
  std::string ShardName(std::size_t shard) const override;
  // Throws kMissing for a shard that is no more.
  std::vector<RedisReply> AskShard(const exporter::CollectContext& context, std::size_t shard,
                                   int database,
                                   const std::vector<RedisCommand>& commands) override;

 private:
  // A command that is to be asked: its place among all, and whether after ASKING.
  struct Question {
    std::size_t command;
    bool after_asking;
  };
  // The questions of one round, by the node to ask.
  using Round = std::map<RedisNodeAddress, std::vector<Question>>;
  // One call to Ask().
  struct Batch {
    const std::vector<KeyCommand>& commands;
    std::vector<RedisReply> replies;
    Round next;  // Those that were redirected.
  };

  void Learn(const exporter::CollectContext& context);
  void Adopt(ClusterTopology told, const std::optional<RedisNodeAddress>& informant);
  ClusterTopology TopologyOf(const exporter::CollectContext& context,
                             const std::optional<RedisNodeAddress>& node);
  // Whom to ask for the nodes; without an address the seed.
  std::vector<std::optional<RedisNodeAddress>> Sources() const;
  void PlanVisits();

  Round FirstRound(Batch& batch);
  void AskRound(const exporter::CollectContext& context, const Round& round, Batch& batch);
  void AskOwner(const exporter::CollectContext& context, const RedisNodeAddress& address,
                const std::vector<Question>& questions, Batch& batch);
  // Plans another question where the command's reply is a redirection.
  void Follow(std::size_t command, const RedisNodeAddress& asked, Batch& batch);
  static void GiveUp(std::size_t command, Batch& batch);
  std::vector<RedisReply> AskMember(const exporter::CollectContext& context,
                                    const RedisNodeAddress& address,
                                    std::vector<RedisCommand> commands);

  RedisTarget seed_;
  std::chrono::milliseconds refresh_interval_;
  NodeSessions sessions_;
  ClusterTopology topology_;
  exporter::SteadyTime learned_;               // When topology_ was told,
  std::optional<RedisNodeAddress> informant_;  // and by whom; none for the seed.
  bool is_due_ = true;                         // Before the interval is over.
  std::vector<ClusterNode> visits_;
  std::vector<bool> visited_;  // In this run, by index into visits_.
};

}  // namespace collectors
