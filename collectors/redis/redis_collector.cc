#include "collectors/redis/redis_collector.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>
#include <utility>

#include "collectors/clients/redis_options.h"
#include "collectors/clients/redis_session.h"
#include "collectors/redis/info.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;
using exporter::Reading;

// So that a server that claims millions of databases costs no memory.
constexpr int kMaxDatabases = 1024;

// How many databases there are, from CONFIG GET's name and value; 0 where the
// server does not tell: many do not let CONFIG be used.
int DatabasesOf(const RedisReply& reply) {
  if (reply.items.size() < 2) return 0;
  const std::string& text = reply.items[1].text;
  int count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return std::clamp(count, 0, kMaxDatabases);
}

class RedisCollector : public exporter::Collector {
 public:
  explicit RedisCollector(RedisTarget target) : session_(std::move(target)) {}

  Reading Collect(const CollectContext& context) override {
    const auto replies =
        session_.Pipeline(context, {{"INFO", "all"}, {"CONFIG", "GET", "databases"}});
    const RedisReply& text = replies[0];
    if (text.type == RedisReply::Type::kError) {
      throw CollectError(KindOfRedisError(text.text), "INFO: " + text.text.substr(0, 200));
    }
    const InfoText info = ParseInfo(text.text);
    if (info.count("uptime_in_seconds") == 0) {
      throw CollectError(ErrorKind::kProtocol, "the answer to INFO tells nothing of a server");
    }
    // A node of a cluster has db0 alone, whatever its configuration says.
    const auto cluster = info.find("cluster_enabled");
    const bool is_cluster = cluster != info.end() && cluster->second == "1";
    Reading reading;
    AddInfo(info, std::chrono::system_clock::now(), is_cluster ? 1 : DatabasesOf(replies[1]),
            reading.families);
    return reading;
  }

  std::vector<exporter::SeriesId> Claims() const override {
    return {{"redis_uptime_in_seconds", {}}};
  }

 private:
  RedisSession session_;
};

std::unique_ptr<exporter::Collector> Make(exporter::YamlReader& options,
                                          const exporter::JobSettings& settings) {
  return std::make_unique<RedisCollector>(ReadRedisTarget(options, settings));
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

const exporter::CollectorType kRedisType = {
    .name = "redis",
    .summary = "A Redis server by its INFO, under the names of redis_exporter.",
    .keys = kRedisTargetKeys,
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
        "redis_cluster_enabled",
    .health = kHealth,
    .make = Make,
};

}  // namespace collectors
