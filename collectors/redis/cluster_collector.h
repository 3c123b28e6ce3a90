#pragma once

#include <map>
#include <memory>
#include <string>

#include "collectors/redis/cluster/redis_cluster.h"
#include "collectors/redis/keyspace.h"
#include "collectors/redis/server/server_reader.h"
#include "exporter/seam/collector.h"

namespace collectors {

// A whole cluster: what each node says, with the label node, and keys wherever
// they are. A node that fails costs its own series. One thread at a time.
class ClusterCollector : public exporter::Collector {
 public:
  ClusterCollector(RedisTarget seed, ServerParts parts, std::unique_ptr<Keyspace> keyspace);

  // Throws CollectError where no node answers.
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
