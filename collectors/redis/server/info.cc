#include "collectors/redis/server/info.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "exporter/seam/collector.h"

namespace collectors {
namespace {

using exporter::FamilySet;
using exporter::Labels;

constexpr prometheus::MetricType kGauge = prometheus::MetricType::Gauge;
constexpr prometheus::MetricType kCounter = prometheus::MetricType::Counter;

// Fields with several parts: "db0:keys=2,expires=1". The rest of the field's name becomes a label
// value.
constexpr InfoField kDatabaseParts[] = {
    {"keys", "redis_db_keys", kGauge, 1, "Keys in the database."},
    {"expires", "redis_db_keys_expiring", kGauge, 1, "Keys in the database that have an expiry."},
    {"avg_ttl", "redis_db_avg_ttl_seconds", kGauge, 1e3,
     "Estimated mean time to live of the database's keys; 0 if none has an expiry, and absent "
     "if some have and the server has not looked at them, as on a replica."},
    {"cached_keys", "redis_db_keys_cached", kGauge, 1, "Keys of the database in the memory cache."},
    {"subexpiry", "redis_db_keys_with_expiring_items", kGauge, 1,
     "Keys in the database with items that have an expiry of their own."},
    {"keys_with_volatile_items", "redis_db_keys_with_expiring_items", kGauge, 1,
     "Keys in the database with items that have an expiry of their own."},
};
constexpr InfoField kCommandParts[] = {
    {"calls", "redis_commands_total", kCounter, 1, "Calls of the command that were run."},
    {"usec", "redis_commands_duration_seconds_total", kCounter, 1e6,
     "Seconds of CPU that the command took."},
    {"rejected_calls", "redis_commands_rejected_calls_total", kCounter, 1,
     "Calls of the command refused before they were run."},
    {"failed_calls", "redis_commands_failed_calls_total", kCounter, 1,
     "Calls of the command that failed while they were run."},
};
constexpr InfoField kErrorParts[] = {
    {"count", "redis_errors_total", kCounter, 1, "Error replies, by their first word."},
};
constexpr InfoField kReplicaParts[] = {
    {"offset", "redis_connected_slave_offset_bytes", kGauge, 1,
     "Replication offset that the replica has confirmed."},
    {"lag", "redis_connected_slave_lag_seconds", kGauge, 1,
     "Seconds since the replica last confirmed; absent until it has loaded all data."},
};

// Reported by a replica about its primary. The labels identify the primary.
constexpr InfoField kPrimaryFields[] = {
    {"master_last_io_seconds_ago", "redis_master_last_io_seconds_ago", kGauge, 1,
     "Seconds since the replica last heard of its primary; -1 while the link is down."},
    {"master_sync_in_progress", "redis_master_sync_in_progress", kGauge, 1,
     "Whether the replica loads all data from its primary (1) or not (0)."},
    {"slave_repl_offset", "redis_slave_repl_offset", kGauge, 1,
     "Replication offset of the replica."},
};

// A thousand databases, all commands and all errors take a fifth of this. A field of four bytes
// grows to a hundred when parsed.
constexpr std::size_t kMostInfoBytes = std::size_t{1} << 20;

struct InfoLabel {
  std::string_view label;
  std::string_view field;
};
constexpr InfoLabel kInstanceLabels[] = {
    {"role", "role"},
    {"redis_version", "redis_version"},
    {"redis_build_id", "redis_build_id"},
    {"redis_mode", "redis_mode"},
    {"os", "os"},
    {"maxmemory_policy", "maxmemory_policy"},
    {"tcp_port", "tcp_port"},
    {"run_id", "run_id"},
    {"process_id", "process_id"},
    {"master_replid", "master_replid"},
};
// Only for servers that report them: Valkey, and managed services of it.
constexpr InfoLabel kFurtherLabels[] = {
    {"valkey_version", "valkey_version"},
    {"valkey_release_stage", "valkey_release_stage"},
    {"availability_zone", "availability_zone"},
};

struct OtherName {
  std::string_view valkey;
  std::string_view redis;
};
constexpr OtherName kOtherNames[] = {
    {"server_mode", "redis_mode"},
    {"expired_fields", "expired_subkeys"},
};

std::optional<double> Number(std::string_view text) {
  if (text == "ok" || text == "true") return 1;
  if (text == "err" || text == "fail" || text == "false") return 0;
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string_view Find(const InfoText& info, std::string_view field) {
  const auto found = info.find(field);
  return found == info.end() ? std::string_view() : found->second;
}

void AddField(const InfoText& info, const InfoField& field, const Labels& labels,
              FamilySet& families) {
  const std::optional<double> value = Number(Find(info, field.field));
  if (!value) return;
  families.Open(field.type, field.metric, field.help).Add(labels, *value / field.divisor);
}

}  // namespace

InfoText InfoParts(std::string_view text) {
  InfoText parts;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const std::size_t equals = part.find('=');
    if (equals != std::string_view::npos) {
      parts.emplace(part.substr(0, equals), part.substr(equals + 1));
    }
  }
  return parts;
}

bool IsNumberedField(std::string_view field, std::string_view prefix) {
  return field.starts_with(prefix) && field.size() > prefix.size() &&
         field.find_first_not_of("0123456789", prefix.size()) == std::string_view::npos;
}

namespace {

void AddParts(const InfoText& parts, std::span<const InfoField> fields, const Labels& labels,
              FamilySet& families) {
  for (const InfoField& field : fields) AddField(parts, field, labels, families);
}

// Parses "p50=0.001,p99=1.003,p99.9=4.015". The summary also needs the command's calls and
// microseconds; without them it is left out. The quantile label is 99.9, not 0.999, as in
// redis_exporter.
void AddPercentiles(const InfoText& info, const std::string& command, std::string_view text,
                    FamilySet& families) {
  const InfoText counts = InfoParts(Find(info, "cmdstat_" + command));
  const std::optional<double> calls = Number(Find(counts, "calls"));
  const std::optional<double> microseconds = Number(Find(counts, "usec"));
  if (!calls || !microseconds) return;
  prometheus::ClientMetric::Summary summary;
  summary.sample_count = static_cast<std::uint64_t>(std::max(*calls, 0.0));
  summary.sample_sum = *microseconds;
  for (const auto& [name, value] : InfoParts(text)) {
    const std::optional<double> percent =
        Number(name.substr(std::min<std::size_t>(name.size(), 1)));
    const std::optional<double> quantile = Number(value);
    if (name.starts_with('p') && percent && quantile) {
      summary.quantile.push_back({*percent, *quantile});
    }
  }
  families
      .Open(prometheus::MetricType::Summary, "redis_latency_percentiles_usec",
            "Percentiles of the latency of each command, in microseconds.")
      .Add({{"cmd", command}}, summary);
}

void AddStatistics(const InfoText& info, const InfoChoice& choice, FamilySet& families) {
  constexpr std::string_view kCommand = "cmdstat_";
  constexpr std::string_view kError = "errorstat_";
  constexpr std::string_view kPercentiles = "latency_percentiles_usec_";
  for (const auto& [field, text] : info) {
    if (choice.commands && field.starts_with(kCommand)) {
      const std::string command(field.substr(kCommand.size()));
      AddParts(InfoParts(text), kCommandParts, {{"cmd", command}}, families);
    } else if (field.starts_with(kError)) {
      const std::string error(field.substr(kError.size()));
      AddParts(InfoParts(text), kErrorParts, {{"err", error}}, families);
    } else if (choice.latency_percentiles && field.starts_with(kPercentiles)) {
      AddPercentiles(info, std::string(field.substr(kPercentiles.size())), text, families);
    }
  }
}

// INFO reports a lag of 0 until a replica has loaded all data.
void AddReplica(std::string_view text, FamilySet& families) {
  InfoText parts = InfoParts(text);
  if (Find(parts, "state") != "online") parts.erase("lag");
  const Labels labels = {{"slave_ip", std::string(Find(parts, "ip"))},
                         {"slave_port", std::string(Find(parts, "port"))},
                         {"slave_state", std::string(Find(parts, "state"))}};
  AddParts(parts, kReplicaParts, labels, families);
}

void AddPrimary(const InfoText& info, FamilySet& families) {
  const std::string host(Find(info, "master_host"));
  const std::string port(Find(info, "master_port"));
  const Labels labels = {{"master_host", host}, {"master_port", port}};
  families
      .Gauge("redis_master_link_up",
             "Whether the replica's link to its primary is up (1) or not (0).")
      .Add(labels, Find(info, "master_link_status") == "up" ? 1 : 0);
  for (const InfoField& field : kPrimaryFields) AddField(info, field, labels, families);
  families.Gauge("redis_slave_info", "Always 1; the labels tell of the replica.")
      .Add({{"master_host", host},
            {"master_port", port},
            {"read_only", std::string(Find(info, "slave_read_only"))}},
           1);
}

void AddInstance(const InfoText& info, FamilySet& families) {
  Labels labels;
  for (const auto& [label, field] : kInstanceLabels) labels.emplace_back(label, Find(info, field));
  for (const auto& [label, field] : kFurtherLabels) {
    const std::string_view value = Find(info, field);
    if (!value.empty()) labels.emplace_back(label, value);
  }
  families.Gauge("redis_instance_info", "Always 1; the labels tell of the server.").Add(labels, 1);
}

void AddStartTime(const InfoText& info, double now, FamilySet& families) {
  const std::optional<double> uptime = Number(Find(info, "uptime_in_seconds"));
  if (!uptime) return;
  families.Gauge("redis_start_time_seconds", "When the server started, in epoch seconds.")
      .Add(now - *uptime);
}

}  // namespace

void ForEachInfoLine(std::string_view text,
                     const std::function<void(std::string_view, std::string_view)>& line) {
  if (text.size() > kMostInfoBytes) {
    throw exporter::CollectError(exporter::ErrorKind::kLimit,
                                 "the answer to INFO is larger than 1 MiB: is this a Redis?");
  }
  while (!text.empty()) {
    std::string_view row = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), row.size() + 1));
    if (row.ends_with('\r')) row.remove_suffix(1);
    const std::size_t colon = row.find(':');
    if (row.starts_with('#') || colon == std::string_view::npos) continue;
    line(row.substr(0, colon), row.substr(colon + 1));
  }
}

InfoText ParseInfo(std::string_view text) {
  InfoText info;
  ForEachInfoLine(
      text, [&](std::string_view field, std::string_view value) { info.emplace(field, value); });
  for (const OtherName& name : kOtherNames) {
    const std::string_view value = Find(info, name.valkey);
    if (!value.empty()) info.emplace(name.redis, value);
  }
  return info;
}

// If keys have an expiry, avg_ttl stays 0 until the server has sampled some of them, which a
// replica never does.
void AddDatabase(std::string_view name, std::string_view text, FamilySet& families) {
  InfoText parts = InfoParts(text);
  if (Find(parts, "avg_ttl") == "0" && Find(parts, "expires") != "0") parts.erase("avg_ttl");
  AddParts(parts, kDatabaseParts, {{"db", std::string(name)}}, families);
}

void AddInfoFields(const InfoText& info, std::span<const InfoField> fields, FamilySet& families) {
  for (const InfoField& field : fields) AddField(info, field, {}, families);
}

void AddInfo(const InfoText& info, double now, const InfoChoice& choice, FamilySet& families) {
  AddInstance(info, families);
  AddStartTime(info, now, families);
  AddInfoFields(info, InfoFields(), families);
  for (const auto& [field, text] : info) {
    if (IsNumberedField(field, "db")) AddDatabase(field, text, families);
    if (IsNumberedField(field, "slave")) AddReplica(text, families);
  }
  AddStatistics(info, choice, families);
  if (Find(info, "role") == "slave") AddPrimary(info, families);
}

}  // namespace collectors
