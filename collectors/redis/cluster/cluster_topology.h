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

// What a Redis Cluster tells of itself, as values: its nodes (CLUSTER NODES, which
// every version has) and its redirections. Pure.
// https://redis.io/docs/latest/commands/cluster-nodes/
// https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/

struct SlotRange {
  int first = 0;
  int last = 0;  // Itself included.
};

struct ClusterNode {
  std::string id;
  RedisNodeAddress address;  // Port 0: it cannot be reached.
  std::string other_host;    // Its hostname where `address` has its IP, or the reverse; or "".
  bool is_primary = false;
  std::string primary_id;  // Of a replica.
  bool fails = false;      // Other nodes find it down, or suspect that it is.
  std::vector<SlotRange> slots;
};

// How a view of a cluster is to be read.
struct ClusterViewpoint {
  std::string asked_host;    // The node that told, which may announce no host.
  bool names_first = false;  // Hostnames rather than IPs, as TLS checks them.
};

class ClusterTopology {
 public:
  // Beyond it CLUSTER NODES is refused: 1,000 is what the specification is made for.
  static constexpr std::size_t kMostNodes = 1000;

  // Knows no node.
  ClusterTopology() { owners_.fill(kNoOwner); }
  // Reads the reply to CLUSTER NODES; a node in handshake is no member yet. Throws
  // CollectError: kProtocol for what is no such reply, kLimit beyond kMostNodes.
  ClusterTopology(std::string_view cluster_nodes, const ClusterViewpoint& viewpoint);

  // In the order of their ids.
  const std::vector<ClusterNode>& nodes() const { return nodes_; }
  // The primaries that own slots, as indices into nodes().
  const std::vector<std::size_t>& shards() const { return shards_; }
  // Null where the slot has no owner.
  const ClusterNode* OwnerOf(int slot) const;
  // By either of its hosts. Null where it is no member.
  const ClusterNode* At(const RedisNodeAddress& address) const;

 private:
  static constexpr std::int16_t kNoOwner = -1;
  void KeepOneAtEachAddress();
  void IndexSlots();

  std::vector<ClusterNode> nodes_;
  std::vector<std::size_t> shards_;
  std::array<std::int16_t, kKeySlots> owners_;  // Indices into nodes_.
};

// "MOVED 3999 host:port" (the slot is another node's) or "ASK 3999 host:port" (the
// key may have moved there already).
struct Redirection {
  bool is_ask = false;
  RedisNodeAddress to;  // Port 0: no node that could be asked.
};
// None where the reply is no redirection. A node without a host is at the asked one.
std::optional<Redirection> RedirectionOf(const RedisReply& reply, const std::string& asked_host);

}  // namespace collectors
