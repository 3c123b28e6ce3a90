#include "collectors/redis/server/config_values.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "collectors/redis/server/reply_shape.h"

namespace collectors {
namespace {

using exporter::FamilySet;
using exporter::Labels;
using Type = RedisReply::Type;

constexpr char kCommand[] = "CONFIG GET";
// Bounds the memory if a server claims millions of databases.
constexpr double kMaxDatabases = 1024;

struct Setting {
  std::string_view name;
  std::string_view metric;
  std::string_view help;
};
constexpr Setting kSettings[] = {
    {"io-threads", "redis_config_io_threads", "Configured I/O threads."},
    {"maxclients", "redis_config_maxclients", "Configured most client connections."},
    {"maxmemory", "redis_config_maxmemory",
     "Configured bytes at which eviction begins; 0 for no bound."},
    {"repl-backlog-size", "redis_config_repl_backlog_size",
     "Configured bytes of the replication backlog."},
};
constexpr std::string_view kBufferLimits = "client-output-buffer-limit";
constexpr std::string_view kDatabases = "databases";
constexpr std::string_view kClusterDatabases = "cluster-databases";  // Valkey 9.

// A setting with one of these in its name is never shown.
constexpr std::string_view kSecretWords[] = {"pass", "masterauth", "primaryauth", "secret",
                                             "token"};

bool MayBeSecret(std::string_view name) {
  return std::ranges::any_of(kSecretWords, [&](std::string_view word) {
    return name.find(word) != std::string_view::npos;
  });
}

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    words.push_back(text.substr(0, text.find(' ')));
    text.remove_prefix(std::min(text.size(), words.back().size() + 1));
  }
  return words;
}

// Parses "normal 0 0 0 slave 268435456 67108864 60": per class the hard limit and the soft limit in
// bytes, and the seconds that the soft limit may be exceeded.
void AddBufferLimits(std::string_view text, FamilySet& families) {
  auto& bytes = families.Gauge("redis_config_client_output_buffer_limit_bytes",
                               "Configured bound of the output buffers of a class of clients.");
  auto& seconds = families.Gauge("redis_config_client_output_buffer_limit_overcome_seconds",
                                 "How long a client of the class may be above its soft bound.");
  const std::vector<std::string_view> words = Words(text);
  for (std::size_t i = 0; i + 3 < words.size(); i += 4) {
    const std::string name(words[i]);
    const auto add = [&](FamilySet::Family& family, const char* limit, std::string_view value) {
      const auto number = FiniteNumber(value);
      if (number) family.Add({{"class", name}, {"limit", limit}}, *number);
    };
    add(bytes, "hard", words[i + 1]);
    add(bytes, "soft", words[i + 2]);
    add(seconds, "soft", words[i + 3]);
  }
}

std::string_view DatabasesOf(const ServerFacts& server) {
  return server.is_cluster ? kClusterDatabases : kDatabases;
}

void AddEmptyDatabases(std::string_view text, const ServerFacts& server, FamilySet& families) {
  // A cluster node has only db0, unless it supports several databases in a cluster.
  const double count = FiniteNumber(text).value_or(server.is_cluster ? 1 : 0);
  const double databases = std::min(count, kMaxDatabases);
  for (int i = 0; i < static_cast<int>(databases); ++i) {
    const std::string name = "db" + std::to_string(i);
    if (!server.info.contains(name)) AddDatabase(name, "keys=0,expires=0", families);
  }
}

}  // namespace

std::vector<RedisCommand> ConfigCommands(const ServerFacts& server) {
  if (server.is_sentinel) return {};
  std::vector<RedisCommand> commands;
  for (const Setting& setting : kSettings) {
    commands.push_back({"CONFIG", "GET", std::string(setting.name)});
  }
  commands.push_back({"CONFIG", "GET", std::string(kBufferLimits)});
  commands.push_back({"CONFIG", "GET", std::string(DatabasesOf(server))});
  return commands;
}

void AddConfig(std::span<const RedisReply> replies, const ServerFacts& server,
               FamilySet& families) {
  std::map<std::string_view, std::string_view> values;
  for (const RedisReply& reply : replies)
    values.merge(PairsOf(Expect(reply, Type::kArray, kCommand)));
  for (const Setting& setting : kSettings) {
    const auto value = FiniteNumber(values[setting.name]);
    if (value) families.Gauge(setting.metric, setting.help).Add(*value);
  }
  AddBufferLimits(values[kBufferLimits], families);
  AddEmptyDatabases(values[DatabasesOf(server)], server, families);
}

std::vector<RedisCommand> AllConfigCommands(const ServerFacts& server) {
  if (server.is_sentinel) return {{"SENTINEL", "CONFIG", "GET", "*"}};
  return {{"CONFIG", "GET", "*"}};
}

void AddAllConfig(std::span<const RedisReply> replies, const ServerFacts& server,
                  FamilySet& families) {
  const std::string prefix = server.is_sentinel ? "redis_sentinel_config_" : "redis_config_";
  auto& texts = families.Gauge(prefix + "key_value", "Always 1; the labels hold a setting.");
  auto& numbers = families.Gauge(prefix + "value", "A setting that is a number.");
  for (const auto& [name, value] : PairsOf(Expect(replies.front(), Type::kArray, kCommand))) {
    if (MayBeSecret(name)) continue;
    texts.Add({{"key", std::string(name)}, {"value", std::string(value)}}, 1);
    const auto number = FiniteNumber(value);
    if (number) numbers.Add({{"key", std::string(name)}}, *number);
  }
}

}  // namespace collectors
