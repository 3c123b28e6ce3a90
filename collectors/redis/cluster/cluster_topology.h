#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/clients/redis/redis_session.h"
#include "collectors/redis/cluster/key_slot.h"

namespace collectors {

// Parses what a Redis Cluster reports about itself: its nodes (CLUSTER NODES, which every version
// has) and its redirections. All functions are pure.
// https://redis.io/docs/latest/commands/cluster-nodes/
// https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/

struct SlotRange {
  int first = 0;
  int last = 0;  // Inclusive.
};

struct ClusterNode {
  std::string id;
  RedisNodeAddress address;  // Port 0 if the node is unreachable.
  // The hostname if `address` has the IP, the IP if `address` has the hostname, or "".
  std::string other_host;
  bool is_primary = false;
  std::string primary_id;  // Only for a replica.
  bool fails = false;      // Other nodes report it down or suspect that it is.
  std::vector<SlotRange> slots;
};

// How to read a node's view of the cluster.
struct ClusterViewpoint {
  std::string asked_host;    // Host of the asked node, which may announce no host itself.
  bool names_first = false;  // Prefer hostnames to IPs, because TLS verifies hostnames.
};

class ClusterTopology {
 public:
  // A longer CLUSTER NODES is refused. The cluster specification is designed for up to 1,000 nodes.
  static constexpr std::size_t kMostNodes = 1000;

  // Constructs a topology without nodes.
  ClusterTopology() { owners_.fill(kNoOwner); }
  // Parses the reply to CLUSTER NODES. Leaves out nodes in handshake, which are not members yet.
  // Throws CollectError: kProtocol if the text is not such a reply, kLimit beyond kMostNodes.
  ClusterTopology(std::string_view cluster_nodes, const ClusterViewpoint& viewpoint);

  // Ordered by id.
  const std::vector<ClusterNode>& nodes() const { return nodes_; }
  // The primaries that own slots, as indices into nodes().
  const std::vector<std::size_t>& shards() const { return shards_; }
  // Returns null if the slot has no owner.
  const ClusterNode* OwnerOf(int slot) const;
  // Finds a node by either of its hosts. Returns null if there is no such member.
  const ClusterNode* At(const RedisNodeAddress& address) const;

 private:
  static constexpr std::int16_t kNoOwner = -1;
  void KeepOneAtEachAddress();
  void IndexSlots();

  std::vector<ClusterNode> nodes_;
  std::vector<std::size_t> shards_;
  std::array<std::int16_t, kKeySlots> owners_;  // Indices into nodes_.
};

// "MOVED 3999 host:port" (another node owns the slot) or "ASK 3999 host:port" (the key may have
// moved to that node already).
struct Redirection {
  bool is_ask = false;
  RedisNodeAddress to;  // Port 0 if the reply names no usable node.
};
// Returns nothing if the reply is not a redirection. A redirection without a host means the asked
// host.
std::optional<Redirection> RedirectionOf(const RedisReply& reply, const std::string& asked_host);

}  // namespace collectors
