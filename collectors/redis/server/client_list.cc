#include "collectors/redis/server/client_list.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "collectors/redis/server/reply_shape.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::FamilySet;
using exporter::Labels;
using Client = std::map<std::string_view, std::string_view>;

constexpr std::size_t kMostGroups = 50;
constexpr std::size_t kMostClients = 100'000;     // For the groups.
constexpr std::size_t kMostShownClients = 5'000;  // For the list, with 13 series each.
constexpr std::size_t kLongestLine = std::size_t{2} << 10;
constexpr char kOther[] = "other";

// Parses "id=3 addr=127.0.0.1:40846 name= age=5 flags=N ...". A value may contain "="; a client's
// name contains no space.
Client ClientOf(std::string_view line) {
  Client client;
  while (!line.empty()) {
    const std::string_view field = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), field.size() + 1));
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) continue;
    client.emplace(field.substr(0, equals), field.substr(equals + 1));
  }
  return client;
}

// Parses one client at a time, because a parsed client takes seven times the memory of its line.
// Throws kLimit after `most` clients.
template <typename Take>
void ForEachClient(std::span<const RedisReply> replies, std::size_t most, Take take) {
  std::string_view text = Expect(replies[0], RedisReply::Type::kString, "CLIENT LIST").text;
  std::size_t clients = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.size() > kLongestLine) continue;
    const Client client = ClientOf(line);
    if (!client.contains("id")) continue;
    if (++clients > most) {
      throw CollectError(ErrorKind::kLimit,
                         "CLIENT LIST has more than " + std::to_string(most) + " clients");
    }
    take(client);
  }
}

std::string Text(const Client& client, std::string_view field) {
  const auto found = client.find(field);
  return found == client.end() ? "" : std::string(found->second);
}

std::optional<double> Number(const Client& client, std::string_view field) {
  const auto found = client.find(field);
  return found == client.end() ? std::nullopt : FiniteNumber(found->second);
}

std::string KindOf(const Client& client) {
  constexpr std::pair<char, std::string_view> kKinds[] = {
      {'S', "replica"}, {'M', "primary"}, {'P', "pubsub"}};
  const std::string flags = Text(client, "flags");
  for (const auto& [flag, kind] : kKinds) {
    if (flags.find(flag) != std::string::npos) return std::string(kind);
  }
  return "normal";
}

struct Aggregate {
  std::string_view field;
  bool is_sum;  // Otherwise the maximum.
  std::string_view metric;
  std::string_view help;
};
constexpr Aggregate kAggregates[] = {
    {"tot-mem", true, "redis_clients_memory_bytes", "Bytes that the clients take in the server."},
    {"omem", true, "redis_clients_output_buffer_bytes", "Bytes of the clients' output buffers."},
    {"qbuf", true, "redis_clients_query_buffer_bytes", "Bytes of the clients' query buffers."},
    {"age", false, "redis_clients_oldest_connection_seconds",
     "Seconds since the oldest of the clients connected."},
    {"idle", false, "redis_clients_longest_idle_seconds",
     "Seconds since the most idle of the clients last sent a command."},
};

struct Group {
  double clients = 0;
  std::array<double, std::size(kAggregates)> values{};

  void Add(const Group& other) {
    clients += other.clients;
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = kAggregates[i].is_sum ? values[i] + other.values[i]
                                        : std::max(values[i], other.values[i]);
    }
  }
};
using GroupKey = std::tuple<std::string, std::string, std::string>;  // Name, user, kind.

std::map<GroupKey, Group> GroupsOf(std::span<const RedisReply> replies) {
  std::map<GroupKey, Group> groups;
  ForEachClient(replies, kMostClients, [&groups](const Client& client) {
    Group one{1, {}};
    for (std::size_t i = 0; i < one.values.size(); ++i) {
      one.values[i] = Number(client, kAggregates[i].field).value_or(0);
    }
    groups[{Text(client, "name"), Text(client, "user"), KindOf(client)}].Add(one);
  });
  return groups;
}

// Keeps the largest groups; merges the others into one "other" per kind. Ties are broken by key, so
// that the shown groups do not change from run to run.
std::map<GroupKey, Group> Largest(const std::map<GroupKey, Group>& groups) {
  std::vector<std::pair<double, const GroupKey*>> order;
  order.reserve(groups.size());
  for (const auto& [key, group] : groups) order.emplace_back(-group.clients, &key);
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : *a.second < *b.second;
  });
  std::map<GroupKey, Group> shown;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const GroupKey& key = *order[i].second;
    const bool is_shown = i < kMostGroups;
    shown[is_shown ? key : GroupKey{kOther, kOther, std::get<2>(key)}].Add(groups.at(key));
  }
  return shown;
}

struct ClientField {
  std::string_view field;
  std::string_view metric;
  std::string_view help;
};
constexpr ClientField kClientFields[] = {
    {"omem", "redis_connected_client_output_buffer_memory_usage_bytes",
     "Bytes of the client's output buffer."},
    {"tot-mem", "redis_connected_client_total_memory_consumed_bytes",
     "Bytes that the client takes in the server."},
    {"sub", "redis_connected_client_channel_subscriptions_count",
     "Channels that the client subscribes to."},
    {"psub", "redis_connected_client_pattern_matching_subscriptions_count",
     "Channel patterns that the client subscribes to."},
    {"ssub", "redis_connected_client_shard_channel_subscriptions_count",
     "Shard channels that the client subscribes to."},
    {"watch", "redis_connected_client_shard_channel_watched_keys", "Keys that the client WATCHes."},
    {"qbuf", "redis_connected_client_query_buffer_length_bytes",
     "Bytes in the client's query buffer."},
    {"qbuf-free", "redis_connected_client_query_buffer_free_space_bytes",
     "Free bytes of the client's query buffer."},
    {"obl", "redis_connected_client_output_buffer_length_bytes",
     "Bytes in the client's fixed output buffer."},
    {"oll", "redis_connected_client_output_list_length",
     "Replies that wait in the client's output list."},
};

// Returns the host of "[::1]:40846" or "127.0.0.1:40846", without the port.
std::string HostOf(const Client& client) {
  const std::string address = Text(client, "addr");
  return address.substr(0, address.rfind(':'));
}

void AddOne(const Client& client, double now, FamilySet& families) {
  const Labels labels = {{"id", Text(client, "id")}, {"name", Text(client, "name")}};
  Labels about = labels;
  about.insert(
      about.end(),
      {{"flags", Text(client, "flags")}, {"db", Text(client, "db")}, {"host", HostOf(client)}});
  // Only servers that report them: `user` since 6.0, `resp` since 7.0.
  for (const char* label : {"user", "resp"}) {
    const std::string value = Text(client, label);
    if (!value.empty()) about.emplace_back(label, value);
  }
  families.Gauge("redis_connected_client_info", "Always 1; the labels tell of a client.")
      .Add(about, 1);
  const auto add_moment = [&](std::string_view field, std::string_view metric,
                              std::string_view help) {
    const auto seconds = Number(client, field);
    if (seconds) families.Gauge(metric, help).Add(labels, now - *seconds);
  };
  add_moment("age", "redis_connected_client_created_at_timestamp",
             "When the client connected, in epoch seconds.");
  add_moment("idle", "redis_connected_client_idle_since_timestamp",
             "When the client last sent a command, in epoch seconds.");
  for (const ClientField& field : kClientFields) {
    const auto value = Number(client, field.field);
    if (value) families.Gauge(field.metric, field.help).Add(labels, *value);
  }
}

}  // namespace

std::vector<RedisCommand> ClientListCommands(const ServerFacts& /*server*/) {
  return {{"CLIENT", "LIST"}};
}

void AddClients(std::span<const RedisReply> replies, const ServerFacts& /*server*/,
                FamilySet& families) {
  const std::map<GroupKey, Group> groups = Largest(GroupsOf(replies));
  auto& count = families.Gauge("redis_clients", "Client connections, by name, user and kind.");
  for (const auto& [key, group] : groups) {
    const auto& [name, user, kind] = key;
    const Labels labels = {{"name", name}, {"user", user}, {"kind", kind}};
    count.Add(labels, group.clients);
    for (std::size_t i = 0; i < group.values.size(); ++i) {
      families.Gauge(kAggregates[i].metric, kAggregates[i].help).Add(labels, group.values[i]);
    }
  }
}

void AddClientList(std::span<const RedisReply> replies, const ServerFacts& server,
                   FamilySet& families) {
  ForEachClient(replies, kMostShownClients,
                [&](const Client& client) { AddOne(client, server.now, families); });
}

}  // namespace collectors
