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

// A Redis Cluster: its nodes, found by asking one of them, and its keys. Each key is asked of the
// primary that owns its slot. A key's reply is its owner's, or an error: a key in a migrating slot,
// or on a node that is down, is never reported as missing. Replicas are visited, but not asked for
// keys. A node that fails is not asked again before the next Refresh(). After a failure or a MOVED,
// the next Refresh() asks for the nodes again. Every call ends by context.deadline. Not
// thread-safe.
class RedisCluster : public KeyStore {
 public:
  // The URL's host is any one of the nodes. It is asked for the other nodes, and again if none of
  // the nodes it named answers.
  explicit RedisCluster(RedisTarget seed,
                        std::chrono::milliseconds refresh_interval = std::chrono::minutes(1));

  // Begins a run and asks for the nodes if that is due. If nobody answers, keeps the known nodes
  // and returns the error. Throws CollectError if no nodes are known.
  std::optional<exporter::CollectError> Refresh(const exporter::CollectContext& context);

  // The reachable nodes, each address once, with the nodes that failed at the end. An index is
  // valid until the next Refresh().
  const std::vector<ClusterNode>& Nodes() const { return visits_; }
  // Asks one node, within a share of the time so that the other nodes get theirs. Returns a reply
  // for each command. Throws CollectError if the node fails.
  std::vector<RedisReply> AskNode(const exporter::CollectContext& context, std::size_t node,
                                  const std::vector<RedisCommand>& commands);

  std::vector<RedisReply> Ask(const exporter::CollectContext& context, int database,
                              const std::vector<KeyCommand>& commands) override;
  bool TakesManyKeys() const override { return false; }
  // The primaries that own slots, in the order of their ids.
  std::size_t ShardCount() const override { return topology_.shards().size(); }
  std::string ShardName(std::size_t shard) const override;
  // Throws kMissing if the shard does not exist any more.
  std::vector<RedisReply> AskShard(const exporter::CollectContext& context, std::size_t shard,
                                   int database,
                                   const std::vector<RedisCommand>& commands) override;

 private:
  // A command to ask: its index in Batch::commands, and whether to send ASKING before it.
  struct Question {
    std::size_t command;
    bool after_asking;
  };
  // The questions of one round, by node.
  using Round = std::map<RedisNodeAddress, std::vector<Question>>;
  // One call to Ask().
  struct Batch {
    const std::vector<KeyCommand>& commands;
    std::vector<RedisReply> replies;
    Round next;  // The redirected commands.
  };

  void Learn(const exporter::CollectContext& context);
  void Adopt(ClusterTopology told, const std::optional<RedisNodeAddress>& informant);
  ClusterTopology TopologyOf(const exporter::CollectContext& context,
                             const std::optional<RedisNodeAddress>& node);
  // The nodes to ask for the topology, in order. No address means the seed.
  std::vector<std::optional<RedisNodeAddress>> Sources() const;
  void PlanVisits();

  Round FirstRound(Batch& batch);
  void AskRound(const exporter::CollectContext& context, const Round& round, Batch& batch);
  void AskOwner(const exporter::CollectContext& context, const RedisNodeAddress& address,
                const std::vector<Question>& questions, Batch& batch);
  // Plans another question if the command's reply is a redirection.
  void Follow(std::size_t command, const RedisNodeAddress& asked, Batch& batch);
  static void GiveUp(std::size_t command, Batch& batch);
  std::vector<RedisReply> AskMember(const exporter::CollectContext& context,
                                    const RedisNodeAddress& address,
                                    std::vector<RedisCommand> commands);

  RedisTarget seed_;
  std::chrono::milliseconds refresh_interval_;
  NodeSessions sessions_;
  ClusterTopology topology_;
  exporter::SteadyTime learned_;               // When topology_ was learned.
  std::optional<RedisNodeAddress> informant_;  // The node that reported it; absent for the seed.
  bool is_due_ = true;                         // Learn the topology before the interval is over.
  std::vector<ClusterNode> visits_;
  std::vector<bool> visited_;  // In this run, by index into visits_.
};

}  // namespace collectors
