#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collectors/clients/redis/redis_session.h"
#include "collectors/redis/cluster/cluster_topology.h"
#include "exporter/seam/collector.h"

namespace collectors {

// Returns a context with one of `parts` equal shares of the remaining time, for one node of many,
// so that a node that hangs takes no more than its share. A share is at least 100 ms (or all the
// remaining time), so that the node can answer.
exporter::CollectContext ShareOf(const exporter::CollectContext& context, std::size_t parts);

// The connections to a cluster's nodes, one per node, opened when first needed. If a node fails in
// a run, later commands to it in the same run fail at once. Not thread-safe.
class NodeSessions {
 public:
  // Uses the target's user, password and name, but not its host.
  explicit NodeSessions(RedisTarget target);
  ~NodeSessions();
  NodeSessions(const NodeSessions&) = delete;
  NodeSessions& operator=(const NodeSessions&) = delete;

  // Allows nodes that failed to be asked again.
  void BeginRun();
  // Returns a reply for each command, error replies included. If `id` is not empty and the server
  // at the address has another id, that is a failure: the address may belong to a different server
  // now, which would report that our keys do not exist. Ends by context.deadline. Throws
  // CollectError that names the node.
  std::vector<RedisReply> Ask(const exporter::CollectContext& context,
                              const RedisNodeAddress& address, const std::string& id,
                              std::vector<RedisCommand> commands);
  // Whether the node failed when it was last asked.
  bool Failed(const RedisNodeAddress& address) const;
  // Closes the connections to nodes that are not members.
  void KeepMembersOf(const ClusterTopology& topology);

 private:
  struct Peer;
  Peer& PeerAt(const RedisNodeAddress& address);

  RedisTarget target_;
  std::map<RedisNodeAddress, Peer> peers_;
};

}  // namespace collectors
