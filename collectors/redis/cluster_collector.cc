#include "collectors/redis/cluster_collector.h"

#include <set>
#include <utility>

namespace collectors {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Reading;
using exporter::SeriesId;

ClusterCollector::ClusterCollector(RedisTarget seed, ServerParts parts,
                                   std::unique_ptr<Keyspace> keyspace)
    : cluster_(std::move(seed)), parts_(std::move(parts)), keyspace_(std::move(keyspace)) {}

Reading ClusterCollector::Collect(const CollectContext& context) {
  const auto now = std::chrono::steady_clock::now();
  const auto wall_now = std::chrono::system_clock::now();
  Reading reading;
  if (auto problem = cluster_.Refresh(context)) reading.problems.push_back(*std::move(problem));
  ForgetGoneNodes();
  std::size_t answered = 0;
  for (std::size_t i = 0; i < cluster_.Nodes().size(); ++i) {
    const bool is_up = ReadNode(context, i, now, wall_now, reading);
    answered += is_up ? 1 : 0;
    reading.families
        .Gauge("redis_cluster_node_up",
               "Whether the node of the cluster answered in the last run (1) or not (0).")
        .Add({{"node", cluster_.Nodes()[i].address.Name()}}, is_up ? 1 : 0);
  }
  if (answered == 0) {
    if (!reading.problems.empty()) throw CollectError(reading.problems.back());
    throw CollectError(exporter::ErrorKind::kConnect, "the cluster has no node to ask");
  }
  const std::chrono::duration<double> unix_now = wall_now.time_since_epoch();
  keyspace_->Collect(context, cluster_, now, unix_now.count(), reading);
  return reading;
}

bool ClusterCollector::ReadNode(const CollectContext& context, std::size_t node,
                                exporter::SteadyTime now,
                                std::chrono::system_clock::time_point wall_now, Reading& reading) {
  const std::string name = cluster_.Nodes()[node].address.Name();
  const auto note = [&](const CollectError& error) {
    const std::string part = "node " + name + (error.part().empty() ? "" : " " + error.part());
    reading.problems.emplace_back(error.kind(), error.what(), part);
  };
  ServerReader& reader = readers_.try_emplace(name, parts_).first->second;
  Reading own;
  try {
    reader.Read(
        [&](const std::vector<RedisCommand>& commands) {
          return cluster_.AskNode(context, node, commands);
        },
        now, wall_now, own);
  } catch (const CollectError& error) {
    note(error);
    return false;
  }
  for (const CollectError& problem : own.problems) note(problem);
  reading.families.Absorb(std::move(own.families), {{"node", name}});
  return true;
}

void ClusterCollector::ForgetGoneNodes() {
  std::set<std::string> names;
  for (const ClusterNode& node : cluster_.Nodes()) names.insert(node.address.Name());
  std::erase_if(readers_, [&](const auto& reader) { return !names.contains(reader.first); });
}

std::vector<SeriesId> ClusterCollector::Claims() const {
  std::vector<SeriesId> claims = keyspace_->Claims();
  claims.push_back({"redis_uptime_in_seconds", {{"node", "*"}}});
  return claims;
}

}  // namespace collectors
