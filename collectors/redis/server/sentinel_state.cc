#include "collectors/redis/server/sentinel_state.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "collectors/redis/server/reply_shape.h"

namespace collectors {
namespace {

using exporter::FamilySet;
using exporter::Labels;
using Pairs = std::map<std::string_view, std::string_view>;
using Type = RedisReply::Type;

constexpr std::size_t kMostMasters = 100;
constexpr std::size_t kCommandsOfMaster = 3;  // CKQUORUM, SENTINELS, SLAVES.

struct SentinelField {
  std::string_view field;
  std::string_view metric;
  double divisor;
  std::string_view help;
};
constexpr SentinelField kSentinelFields[] = {
    {"sentinel_masters", "redis_sentinel_masters", 1, "Masters that the sentinel watches."},
    {"sentinel_tilt", "redis_sentinel_tilt", 1,
     "Whether the sentinel is in tilt mode, and acts on nothing (1) or not (0)."},
    {"sentinel_running_scripts", "redis_sentinel_running_scripts", 1, "Scripts that run now."},
    {"sentinel_scripts_queue_length", "redis_sentinel_scripts_queue_length", 1,
     "Scripts that wait to run."},
    {"sentinel_simulate_failure_flags", "redis_sentinel_simulate_failure_flags", 1,
     "Failures that the sentinel was told to simulate."},
};
constexpr SentinelField kMasterFields[] = {
    {"quorum", "redis_sentinel_master_setting_ckquorum", 1,
     "Sentinels that must agree that the master is down."},
    {"failover-timeout", "redis_sentinel_master_setting_failover_timeout", 1,
     "Milliseconds that a failover may take."},
    {"parallel-syncs", "redis_sentinel_master_setting_parallel_syncs", 1,
     "Replicas that may synchronise at once after a failover."},
    {"down-after-milliseconds", "redis_sentinel_master_setting_down_after_milliseconds", 1,
     "Milliseconds without an answer after which the master counts as down."},
    {"config-epoch", "redis_sentinel_master_config_epoch", 1,
     "Epoch of the master's configuration: it rises with each failover."},
    {"last-ok-ping-reply", "redis_sentinel_master_last_ok_ping_reply_seconds", 1e3,
     "Seconds since the master last answered a ping."},
};

std::string_view Find(const Pairs& pairs, std::string_view name) {
  const auto found = pairs.find(name);
  return found == pairs.end() ? std::string_view() : found->second;
}

void AddFields(const Pairs& pairs, std::span<const SentinelField> fields, const Labels& labels,
               FamilySet& families) {
  for (const SentinelField& field : fields) {
    const auto value = FiniteNumber(Find(pairs, field.field));
    if (value) families.Gauge(field.metric, field.help).Add(labels, *value / field.divisor);
  }
}

// Parses the fields master0, master1, ... of INFO: "name=shop,status=ok,address=...".
std::vector<InfoText> MastersOf(const InfoText& info) {
  std::vector<InfoText> masters;
  for (const auto& [field, text] : info) {
    if (!IsNumberedField(field, "master") || masters.size() == kMostMasters) continue;
    InfoText parts = InfoParts(text);
    if (parts.contains("name")) masters.push_back(std::move(parts));
  }
  return masters;
}

void AddMasterState(const InfoText& master, FamilySet& families) {
  const std::string status(Find(master, "status"));
  Labels labels = {{"master_name", std::string(Find(master, "name"))},
                   {"master_address", std::string(Find(master, "address"))}};
  const auto add = [&](std::string_view field, std::string_view metric, std::string_view help) {
    const auto value = FiniteNumber(Find(master, field));
    if (value) families.Gauge(metric, help).Add(labels, *value);
  };
  add("slaves", "redis_sentinel_master_slaves", "Replicas of the master.");
  add("sentinels", "redis_sentinel_master_sentinels", "Sentinels that watch the master.");
  labels.emplace_back("master_status", status);
  families
      .Gauge("redis_sentinel_master_status",
             "Whether the sentinel holds the master for good (1) or not (0).")
      .Add(labels, status == "ok" ? 1 : 0);
}

bool IsDown(const Pairs& pairs) {
  const std::string_view flags = Find(pairs, "flags");
  return flags.empty() || flags.find("_down") != std::string_view::npos;
}

// Returns how many of the listed are neither subjectively nor objectively down.
double CountGood(const RedisReply& list) {
  return static_cast<double>(std::ranges::count_if(
      list.items, [](const RedisReply& item) { return !IsDown(PairsOf(item)); }));
}

// CKQUORUM replies "OK 3 usable Sentinels. ..." or an error, "NOQUORUM ...". The first word becomes
// a label. If the user may not run it, there is no series.
void AddQuorum(const std::string& master, const RedisReply& reply, FamilySet& families) {
  const bool is_error = reply.type == Type::kError;
  if (is_error && KindOfRedisError(reply.text) == exporter::ErrorKind::kPermission) return;
  const std::string word = reply.text.substr(0, std::min<std::size_t>(reply.text.find(' '), 32));
  families
      .Gauge("redis_sentinel_master_ckquorum_status",
             "Whether enough sentinels could agree on a failover (1) or not (0).")
      .Add({{"master_name", master}, {"message", word}}, is_error ? 0 : 1);
}

void AddMaster(const Pairs& master, std::span<const RedisReply> replies, FamilySet& families) {
  const std::string name(Find(master, "name"));
  const Labels labels = {{"master_name", name},
                         {"master_address", std::string(Find(master, "ip")) + ":" +
                                                std::string(Find(master, "port"))}};
  AddFields(master, kMasterFields, labels, families);
  AddQuorum(name, replies[0], families);
  if (replies[1].type == Type::kArray) {
    families
        .Gauge("redis_sentinel_master_ok_sentinels",
               "Sentinels of the master that are not down, this one included.")
        .Add(labels, 1 + CountGood(replies[1]));
  }
  if (replies[2].type == Type::kArray) {
    families.Gauge("redis_sentinel_master_ok_slaves", "Replicas of the master that are not down.")
        .Add(labels, CountGood(replies[2]));
  }
}

}  // namespace

std::vector<RedisCommand> SentinelStateCommands(const ServerFacts& server) {
  if (!server.is_sentinel) return {};
  std::vector<RedisCommand> commands = {{"SENTINEL", "MASTERS"}};
  for (const InfoText& master : MastersOf(server.info)) {
    const std::string name(Find(master, "name"));
    for (const char* what : {"CKQUORUM", "SENTINELS", "SLAVES"}) {
      commands.push_back({"SENTINEL", what, name});
    }
  }
  return commands;
}

void AddSentinelState(std::span<const RedisReply> replies, const ServerFacts& server,
                      FamilySet& families) {
  const RedisReply& listed = Expect(replies[0], Type::kArray, "SENTINEL MASTERS");
  AddFields(server.info, kSentinelFields, {}, families);
  const std::vector<InfoText> masters = MastersOf(server.info);
  for (std::size_t i = 0; i < masters.size(); ++i) {
    AddMasterState(masters[i], families);
    const auto own = replies.subspan(1 + i * kCommandsOfMaster, kCommandsOfMaster);
    for (const RedisReply& item : listed.items) {
      const Pairs pairs = PairsOf(item);
      if (Find(pairs, "name") == Find(masters[i], "name")) AddMaster(pairs, own, families);
    }
  }
}

std::vector<RedisCommand> SentinelPeerCommands(const ServerFacts& server) {
  std::vector<RedisCommand> commands;
  if (!server.is_sentinel) return commands;
  for (const InfoText& master : MastersOf(server.info)) {
    commands.push_back({"SENTINEL", "SENTINELS", std::string(Find(master, "name"))});
  }
  return commands;
}

void AddSentinelPeers(std::span<const RedisReply> replies, const ServerFacts& server,
                      FamilySet& families) {
  const std::vector<InfoText> masters = MastersOf(server.info);
  auto& peers = families.Gauge("redis_sentinel_peer_info",
                               "Always 1; the labels tell of another sentinel of the master.");
  for (std::size_t i = 0; i < masters.size(); ++i) {
    for (const RedisReply& item : Expect(replies[i], Type::kArray, "SENTINEL SENTINELS").items) {
      const Pairs peer = PairsOf(item);
      Labels labels = {{"master_name", std::string(Find(masters[i], "name"))},
                       {"master_address", std::string(Find(masters[i], "address"))}};
      for (const char* label : {"name", "ip", "port", "runid", "flags"}) {
        labels.emplace_back(label, Find(peer, label));
      }
      peers.Add(labels, 1);
    }
  }
}

}  // namespace collectors
