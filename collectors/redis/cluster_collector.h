#pragma once

#include <map>
#include <memory>
#include <string>

#include "collectors/redis/cluster/redis_cluster.h"
#include "collectors/redis/keyspace.h"
#include "collectors/redis/server/server_reader.h"
#include "exporter/seam/collector.h"

namespace collectors {

// Collects a whole cluster: every node's own families, with the label `node`, and keys on whichever
// node they are. If a node fails, only its own series are missing. Not thread-safe.
class ClusterCollector : public exporter::Collector {
 public:
  ClusterCollector(RedisTarget seed, ServerParts parts, std::unique_ptr<Keyspace> keyspace);

  // Throws CollectError if no node answers.
  exporter::Reading Collect(const exporter::CollectContext& context) override;
  std::vector<exporter::SeriesId> Claims() const override;

 private:
  // Returns whether the node answered.
  bool ReadNode(const exporter::CollectContext& context, std::size_t node, exporter::SteadyTime now,
                std::chrono::system_clock::time_point wall_now, exporter::Reading& reading);
  void ForgetGoneNodes();

  RedisCluster cluster_;
  const ServerParts parts_;
  std::map<std::string, ServerReader> readers_;  // By the node's address.
  std::unique_ptr<Keyspace> keyspace_;
};

}  // namespace collectors
