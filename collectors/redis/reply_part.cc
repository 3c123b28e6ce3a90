#include "collectors/redis/reply_part.h"

#include <charconv>
#include <cmath>

#include "collectors/redis/client_list.h"
#include "collectors/redis/cluster_state.h"
#include "collectors/redis/config_values.h"
#include "collectors/redis/latency.h"
#include "collectors/redis/modules.h"
#include "collectors/redis/reply_shape.h"
#include "collectors/redis/sentinel_state.h"
#include "collectors/redis/slow_log.h"

namespace collectors {
namespace {

constexpr ReplyPart kParts[] = {
    {"config", true, "settings and empty databases; six CONFIG GET", ConfigCommands, AddConfig},
    {"config_values", false,
     "every setting, secrets left out: some 200 series, CONFIG GET * (0.1 ms of the server)",
     AllConfigCommands, AddAllConfig},
    {"slow_log", true, "the slow log's length and latest entry; SLOWLOG LEN, SLOWLOG GET 1",
     SlowLogCommands, AddSlowLog},
    {"latency", true, "the latest spikes of the latency monitor; LATENCY LATEST", LatencyCommands,
     AddLatency},
    {"latency_histograms", true,
     "a histogram a command, some 10 series each; LATENCY HISTOGRAM (Redis 7.0 and later)",
     LatencyHistogramCommands, AddLatencyHistograms},
    {"cluster", true, "the cluster's state as a node sees it; CLUSTER INFO", ClusterStateCommands,
     AddClusterState},
    {"sentinel", true, "a sentinel's masters; SENTINEL MASTERS and three commands a master",
     SentinelStateCommands, AddSentinelState},
    {"sentinel_peers", false, "a series for each other sentinel; SENTINEL SENTINELS",
     SentinelPeerCommands, AddSentinelPeers},
    {"clients", false,
     "clients by name, user and kind, at most 50 groups; CLIENT LIST (1 ms of the server and "
     "200 KB for 1,000 clients)",
     ClientListCommands, AddClients},
    {"client_list", false, "some 12 series for each client; CLIENT LIST", ClientListCommands,
     AddClientList},
    {"modules", false, "loaded modules and their own numbers; INFO modules", ModuleCommands,
     AddModules},
};

std::string_view Find(const InfoText& info, std::string_view field) {
  const auto found = info.find(field);
  return found == info.end() ? std::string_view() : found->second;
}

// 70015 for 7.0.15. Valkey tells the Redis version that it is compatible with here.
int VersionOf(std::string_view text) {
  int version = 0;
  for (int part = 0; part < 3; ++part) {
    int number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
    if (text.starts_with('.')) text.remove_prefix(1);
    if (number < 0 || number > 99) return 0;
    version = version * 100 + number;
  }
  return version;
}

}  // namespace

ServerFacts FactsOf(const InfoText& info, std::chrono::system_clock::time_point now) {
  const double ours = std::chrono::duration<double>(now.time_since_epoch()).count();
  const auto theirs = FiniteNumber(Find(info, "server_time_usec"));
  return {.info = info,
          .now = std::floor(theirs ? *theirs / 1e6 : ours),
          .version = VersionOf(Find(info, "redis_version")),
          .is_cluster = Find(info, "cluster_enabled") == "1",
          .is_sentinel = Find(info, "redis_mode") == "sentinel"};
}

std::span<const ReplyPart> ReplyParts() { return kParts; }

}  // namespace collectors
