#include "collectors/redis/server/reply_parts.h"

#include "collectors/redis/server/client_list.h"
#include "collectors/redis/server/cluster_state.h"
#include "collectors/redis/server/config_values.h"
#include "collectors/redis/server/latency.h"
#include "collectors/redis/server/modules.h"
#include "collectors/redis/server/sentinel_state.h"
#include "collectors/redis/server/slow_log.h"

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

}  // namespace

std::span<const ReplyPart> ReplyParts() { return kParts; }

}  // namespace collectors
