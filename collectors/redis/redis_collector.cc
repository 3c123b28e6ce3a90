#include "collectors/redis/redis_collector.h"

#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "collectors/clients/redis/endpoint.h"
#include "collectors/clients/redis/redis_options.h"
#include "collectors/clients/redis/redis_session.h"
#include "collectors/clients/redis/sturdy_session.h"
#include "collectors/redis/cluster_collector.h"
#include "collectors/redis/keys/session_store.h"
#include "collectors/redis/keyspace.h"
#include "collectors/redis/server/reply_parts.h"
#include "collectors/redis/server/server_reader.h"
#include "collectors/shared/joined_text.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::Reading;

// Collects one server.
class RedisCollector : public exporter::Collector {
 public:
  RedisCollector(RedisTarget target, ServerParts parts, std::unique_ptr<Keyspace> keyspace)
      : session_(std::move(target)),
        sturdy_(session_),
        store_(session_, sturdy_),
        parts_(std::move(parts)),
        server_(parts_),
        keyspace_(std::move(keyspace)) {}

  Reading Collect(const CollectContext& context) override {
    const auto now = std::chrono::steady_clock::now();
    const auto wall_now = std::chrono::system_clock::now();
    Reading reading;
    bool is_first = true;  // The first command is INFO. It decides whether the server is up.
    const auto ask = [&](const std::vector<RedisCommand>& commands) {
      return std::exchange(is_first, false) ? session_.Pipeline(context, commands)
                                            : sturdy_.Ask(context, commands);
    };
    server_.Read(ask, now, wall_now, reading);
    const std::chrono::duration<double> unix_now = wall_now.time_since_epoch();
    keyspace_->Collect(context, store_, now, unix_now.count(), reading);
    reading.families
        .Gauge("redis_exporter_last_scrape_connect_time_seconds",
               "Seconds that it took to connect, the last time that it was needed.")
        .Add(session_.connect_time().count());
    return reading;
  }

  std::vector<exporter::SeriesId> Claims() const override {
    std::vector<exporter::SeriesId> claims = keyspace_->Claims();
    claims.push_back({"redis_uptime_in_seconds", {}});
    return claims;
  }

 private:
  RedisSession session_;
  SturdySession sturdy_;
  SessionStore store_;
  const ServerParts parts_;
  ServerReader server_;
  std::unique_ptr<Keyspace> keyspace_;
};

// What `parts` chooses: the ReplyParts() that are on, parts of INFO, and the consumers of streams.
struct Choice {
  ServerParts server;
  bool stream_consumers = true;
};

void ReadInfoParts(exporter::YamlReader& parts, Choice& choice) {
  choice.server.info.commands = parts.Bool("commands", choice.server.info.commands);
  choice.server.info.latency_percentiles =
      parts.Bool("latency_percentiles", choice.server.info.latency_percentiles);
  choice.stream_consumers = parts.Bool("stream_consumers", choice.stream_consumers);
}

Choice ReadParts(exporter::YamlReader& options) {
  Choice choice;
  auto parts = options.Child("parts");
  for (const ReplyPart& part : ReplyParts()) {
    const bool is_on =
        parts ? parts->Bool(std::string(part.name), part.by_default) : part.by_default;
    if (is_on) choice.server.replies.push_back(&part);
  }
  if (!parts) return choice;
  ReadInfoParts(*parts, choice);
  parts->RejectUnknownKeys();
  return choice;
}

// Returns the endpoint of the URL, or an empty one if the URL cannot be read yet.
RedisEndpoint EndpointOf(const RedisTarget& target) try {
  return ParseRedisUrl(target.url.Load().Reveal(), target.master_name);
} catch (const std::exception&) {
  return {};
}

void CheckCluster(exporter::YamlReader& options, const RedisEndpoint& endpoint) {
  if (!endpoint.sentinels.empty() || !endpoint.path.empty()) {
    options.Problem("cluster", "a cluster is found from one of its nodes: redis://host:port");
  } else if (endpoint.database != 0) {
    options.Problem("url", "a cluster has the database 0 alone");
  }
}

std::unique_ptr<exporter::Collector> Make(exporter::YamlReader& options,
                                          const exporter::JobSettings& settings) {
  RedisTarget target = ReadRedisTarget(options, settings);
  const RedisEndpoint endpoint = EndpointOf(target);
  const bool is_cluster = options.Bool("cluster", false);
  if (is_cluster) CheckCluster(options, endpoint);
  Choice choice = ReadParts(options);
  choice.server.only_master = !endpoint.sentinels.empty();
  auto keyspace =
      std::make_unique<Keyspace>(options, settings, endpoint.database, choice.stream_consumers);
  if (is_cluster) {
    return std::make_unique<ClusterCollector>(std::move(target), std::move(choice.server),
                                              std::move(keyspace));
  }
  return std::make_unique<RedisCollector>(std::move(target), std::move(choice.server),
                                          std::move(keyspace));
}

}  // namespace

constexpr exporter::HealthFamily kHealth[] = {
    {"redis_up", exporter::HealthValue::kUp,
     "Whether the Redis server answered in the last run (1) or not (0)."},
    {"redis_exporter_last_scrape_error", exporter::HealthValue::kFailedWithReason,
     "Whether the last run failed (1) or not (0); err is the reason of "
     "exporter_collector_errors_total."},
    {"redis_exporter_last_scrape_duration_seconds", exporter::HealthValue::kDuration,
     "Seconds that the last run took."},
    {"redis_exporter_scrape_duration_seconds", exporter::HealthValue::kDurations,
     "Seconds that all runs took."},
    {"redis_exporter_scrapes_total", exporter::HealthValue::kCollections, "Runs that ended."},
};

constexpr std::string_view kOwnKeys =
    "\n"
    "cluster    true: every node of the cluster, with the label node; keys of their owners\n"
    "parts      what is read besides INFO, each true or false: config, slow_log, latency, "
    "latency_histograms, latency_percentiles, commands, cluster, sentinel, stream_consumers "
    "(true); "
    "config_values, clients, client_list, modules, sentinel_peers (false)\n"
    "keys       a list of {key or pattern, metric, type, value, field, on_missing, labels, help, "
    "factor, db}; value is string, length, hash, memory or count; {name} in a pattern is a label\n"
    "streams    a list of {key or pattern, db}\n"
    "key_groups {patterns, max_groups, memory, databases}: all keys by RE2 patterns with captures\n"
    "discovery_interval  how often patterns are looked up by SCAN (5m)\n"
    "discovery_keys      keys that a collection walks at most (100000)\n"
    "discovery_time      how long a collection walks at most (100ms)";

const exporter::CollectorType kRedisType = {
    .name = "redis",
    .summary =
        "A Redis or Valkey server, replica, sentinel or cluster, under the names of "
        "redis_exporter.",
    .keys = JoinedText<kRedisTargetKeys, kOwnKeys>::kText,
    .metrics =
        "redis_instance_info, redis_start_time_seconds, redis_uptime_in_seconds\n"
        "redis_connected_clients, redis_blocked_clients, redis_max_clients, ...\n"
        "redis_memory_*, redis_mem_*, redis_allocator_*\n"
        "redis_rdb_*, redis_aof_*, redis_loading_dump_file\n"
        "redis_commands_processed_total, redis_commands_total{cmd}, "
        "redis_commands_duration_seconds_total{cmd}, ...\n"
        "redis_errors_total{err}\n"
        "redis_keyspace_hits_total, redis_keyspace_misses_total, redis_expired_keys_total, "
        "redis_evicted_keys_total, ...\n"
        "redis_db_keys{db}, redis_db_keys_expiring{db}, redis_db_avg_ttl_seconds{db}\n"
        "redis_connected_slaves, redis_connected_slave_*, redis_master_link_up, "
        "redis_slave_info, ...\n"
        "redis_cpu_*_seconds_total\n"
        "redis_cluster_enabled, redis_cluster_*, redis_cluster_node_up{node}, redis_sentinel_*\n"
        "redis_config_*, redis_slowlog_*, redis_latency_*, redis_commands_latencies_usec{cmd,le}\n"
        "redis_clients{name,user,kind}, redis_connected_client_*, redis_module_info\n"
        "redis_key_size{db,key}, redis_key_value, redis_key_memory_usage_bytes, "
        "redis_keys_count, and the metrics that `keys` names\n"
        "redis_stream_*{db,stream,group,consumer}\n"
        "redis_key_group_count{db,key_group}, redis_key_group_memory_usage_bytes\n"
        "redis_key_discovery_*",
    .health = kHealth,
    .make = Make,
};

}  // namespace collectors
