#include "collectors/redis/cluster/node_sessions.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "collectors/clients/redis/sturdy_session.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using std::chrono::milliseconds;

// With many nodes, each still gets enough time for a handshake and a round trip.
constexpr milliseconds kLeastShare(100);
// A node that had less time than this is not marked as failed by a timeout.
constexpr milliseconds kFairTime(50);

// Whether the reply to CLUSTER MYID is from another node. If the user may not run it, the node is
// trusted.
bool IsStranger(const RedisReply& reply, const std::string& id) {
  if (reply.type == RedisReply::Type::kString) return reply.text != id;
  return reply.text.starts_with("ERR This instance has cluster support disabled");
}

// A single command, such as INFO, may use all the remaining time.
std::vector<RedisReply> Send(const CollectContext& context, RedisSession& session,
                             SturdySession& sturdy, const std::vector<RedisCommand>& commands,
                             bool is_one) {
  return is_one ? session.Pipeline(context, commands) : sturdy.Ask(context, commands);
}

std::vector<RedisReply> AskMember(const CollectContext& context, RedisSession& session,
                                  SturdySession& sturdy, const std::string& id,
                                  std::vector<RedisCommand> commands) {
  const bool is_one = commands.size() == 1;
  if (id.empty()) return Send(context, session, sturdy, commands, is_one);
  commands.insert(commands.begin(), {"CLUSTER", "MYID"});
  std::vector<RedisReply> replies = Send(context, session, sturdy, commands, is_one);
  if (IsStranger(replies.front(), id)) {
    throw CollectError(ErrorKind::kConnect, "another server has this address now");
  }
  replies.erase(replies.begin());
  return replies;
}

CollectError Named(const CollectError& error, const std::string& node) {
  const std::string what = error.what();
  return {error.kind(), what.starts_with(node) ? what : node + ": " + what};
}

}  // namespace

CollectContext ShareOf(const CollectContext& context, std::size_t parts) {
  const milliseconds left = context.deadline.Remaining();
  const milliseconds share = std::max(left / static_cast<milliseconds::rep>(parts), kLeastShare);
  if (share >= left) return context;
  return {Deadline::After(share), context.watchdog};
}

struct NodeSessions::Peer {
  explicit Peer(RedisTarget target) : session(std::move(target)) {}

  RedisSession session;
  SturdySession sturdy{session};
  std::optional<CollectError> failure;  // In this run.
  bool failed = false;                  // When it was last asked.
};

NodeSessions::NodeSessions(RedisTarget target) : target_(std::move(target)) {}
NodeSessions::~NodeSessions() = default;

void NodeSessions::BeginRun() {
  for (auto& [address, peer] : peers_) peer.failure.reset();
}

std::vector<RedisReply> NodeSessions::Ask(const CollectContext& context,
                                          const RedisNodeAddress& address, const std::string& id,
                                          std::vector<RedisCommand> commands) {
  Peer& peer = PeerAt(address);
  if (peer.failure) throw CollectError(*peer.failure);
  const milliseconds time = context.deadline.Remaining();
  try {
    std::vector<RedisReply> replies =
        AskMember(context, peer.session, peer.sturdy, id, std::move(commands));
    peer.failed = false;
    return replies;
  } catch (const CollectError& error) {
    CollectError named = Named(error, address.Name());
    if (error.kind() != ErrorKind::kTimeout || time >= kFairTime) {
      peer.failure = named;
      peer.failed = true;
    }
    throw named;
  }
}

NodeSessions::Peer& NodeSessions::PeerAt(const RedisNodeAddress& address) {
  const auto found = peers_.find(address);
  if (found != peers_.end()) return found->second;
  if (address.port == 0) {
    throw CollectError(ErrorKind::kConnect, "a node of the cluster has no address");
  }
  if (peers_.size() >= ClusterTopology::kMostNodes) {
    throw CollectError(ErrorKind::kLimit, "too many nodes are connected");
  }
  RedisTarget target = target_;
  target.node = address;
  return peers_.try_emplace(address, std::move(target)).first->second;
}

bool NodeSessions::Failed(const RedisNodeAddress& address) const {
  const auto found = peers_.find(address);
  return found != peers_.end() && found->second.failed;
}

void NodeSessions::KeepMembersOf(const ClusterTopology& topology) {
  std::erase_if(peers_, [&](const auto& entry) {
    return std::none_of(topology.nodes().begin(), topology.nodes().end(),
                        [&](const ClusterNode& node) { return node.address == entry.first; });
  });
}

}  // namespace collectors
