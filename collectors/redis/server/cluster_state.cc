#include "collectors/redis/server/cluster_state.h"

#include <string>
#include <string_view>

#include "collectors/redis/server/reply_shape.h"

namespace collectors {
namespace {

struct ClusterField {
  std::string_view field;
  std::string_view metric;
  std::string_view help;
};
constexpr ClusterField kFields[] = {
    {"cluster_state", "redis_cluster_state",
     "Whether the cluster can serve queries as this node sees it (1) or not (0)."},
    {"cluster_slots_assigned", "redis_cluster_slots_assigned", "Slots that have a node."},
    {"cluster_slots_ok", "redis_cluster_slots_ok", "Slots whose node is not failing."},
    {"cluster_slots_pfail", "redis_cluster_slots_pfail",
     "Slots whose node this node cannot reach."},
    {"cluster_slots_fail", "redis_cluster_slots_fail",
     "Slots whose node the cluster holds for failed."},
    {"cluster_known_nodes", "redis_cluster_known_nodes",
     "Nodes that this node knows, those in a handshake included."},
    {"cluster_size", "redis_cluster_size", "Primaries that serve a slot at least."},
    {"cluster_current_epoch", "redis_cluster_current_epoch", "Current epoch of the cluster."},
    {"cluster_my_epoch", "redis_cluster_my_epoch", "Configuration epoch of this node."},
    {"cluster_stats_messages_sent", "redis_cluster_messages_sent_total",
     "Messages sent over the cluster bus."},
    {"cluster_stats_messages_received", "redis_cluster_messages_received_total",
     "Messages received over the cluster bus."},
    {"total_cluster_links_buffer_limit_exceeded", "redis_total_cluster_links_buffer_limit_exceeded",
     "Links of the cluster bus freed because their buffer was full."},
};
// The remaining fields count messages by type; their names differ by version.
constexpr std::string_view kOthers = "cluster_";
constexpr std::string_view kOthersHelp = "Field of CLUSTER INFO of that name.";

// As redis_exporter does, shows "ok" and "fail" as numbers.
std::optional<double> NumberOf(std::string_view text) {
  if (text == "ok") return 1;
  if (text == "fail") return 0;
  return FiniteNumber(text);
}

}  // namespace

std::vector<RedisCommand> ClusterStateCommands(const ServerFacts& server) {
  if (!server.is_cluster) return {};
  return {{"CLUSTER", "INFO"}};
}

void AddClusterState(std::span<const RedisReply> replies, const ServerFacts& /*server*/,
                     exporter::FamilySet& families) {
  const RedisReply& text = Expect(replies[0], RedisReply::Type::kString, "CLUSTER INFO");
  InfoText fields = ParseInfo(text.text);
  for (const ClusterField& field : kFields) {
    const auto found = fields.find(field.field);
    if (found == fields.end()) continue;
    const auto number = NumberOf(found->second);
    if (number) families.Gauge(field.metric, field.help).Add(*number);
    fields.erase(found);
  }
  for (const auto& [field, value] : fields) {
    const auto number = NumberOf(value);
    if (!number || !field.starts_with(kOthers)) continue;
    families.Gauge("redis_" + std::string(field), kOthersHelp).Add(*number);
  }
}

}  // namespace collectors
