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

// A part of the time that is left, of so many equal ones, for one node of many: a
// node that hangs takes no more. Not so small that it could not answer.
exporter::CollectContext ShareOf(const exporter::CollectContext& context, std::size_t parts);

// The connections to the nodes of a cluster, one a node, each opened when first
// needed. Remembers who failed: in one run a node may fail once, and what is asked
// of it after that fails at once. One thread at a time.
class NodeSessions {
 public:
  // With the target's user, password and name; its host is not asked.
  explicit NodeSessions(RedisTarget target);
  ~NodeSessions();
  NodeSessions(const NodeSessions&) = delete;
  NodeSessions& operator=(const NodeSessions&) = delete;

  // Whoever failed may be asked again.
  void BeginRun();
  // A reply for each command, error replies among them. Where `id` is not empty
  // and the server there has another one, that is a failure: an address may be
  // given to a stranger, who would tell that our keys do not exist. Throws
  // CollectError by context.deadline, naming the node.
  std::vector<RedisReply> Ask(const exporter::CollectContext& context,
                              const RedisNodeAddress& address, const std::string& id,
                              std::vector<RedisCommand> commands);
  // Whether it failed when it was asked last.
  bool Failed(const RedisNodeAddress& address) const;
  // Closes what leads to a node that is no member.
  void KeepMembersOf(const ClusterTopology& topology);

 private:
  struct Peer;
  Peer& PeerAt(const RedisNodeAddress& address);

  RedisTarget target_;
  std::map<RedisNodeAddress, Peer> peers_;
};

}  // namespace collectors
