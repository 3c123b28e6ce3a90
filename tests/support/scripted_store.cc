#include "tests/support/scripted_store.h"

#include <fnmatch.h>

#include <algorithm>

#include "exporter/seam/collector.h"

namespace collectors::testing {
namespace {

using Store = ScriptedStore;
using Value = Store::Value;
using Type = RedisReply::Type;

constexpr char kWrongType[] = "WRONGTYPE Operation against a key holding the wrong kind of value";
// ReplyReader's bound.
constexpr std::size_t kMostBytes = std::size_t{64} << 20;

RedisReply Integer(std::size_t number) {
  return {Type::kInteger, "", static_cast<long long>(number), {}};
}
RedisReply Text(std::string text) { return {Type::kString, std::move(text), 0, {}}; }
RedisReply Status(std::string text) { return {Type::kStatus, std::move(text), 0, {}}; }
RedisReply Error(std::string text) { return {Type::kError, std::move(text), 0, {}}; }
RedisReply Nil() { return {}; }

std::string TypeOf(const Value& value) {
  if (std::holds_alternative<Store::List>(value)) return "list";
  if (std::holds_alternative<Store::Set>(value)) return "set";
  if (std::holds_alternative<Store::Hash>(value)) return "hash";
  if (std::holds_alternative<Store::Stream>(value)) return "stream";
  if (const auto* foreign = std::get_if<Store::Foreign>(&value)) return foreign->type;
  return "string";
}

// The bytes of a string, those of a HyperLogLog included.
std::optional<std::string> BytesOf(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (std::holds_alternative<Store::HyperLogLog>(value)) return "HYLL" + std::string(14, '\1');
  if (const auto* huge = std::get_if<Store::Huge>(&value)) {
    if (huge->size <= kMostBytes) return std::string(huge->size, '7');
    throw exporter::CollectError(exporter::ErrorKind::kProtocol, "a reply beyond the bound");
  }
  return std::nullopt;
}

RedisReply Get(const Value& value) {
  const auto bytes = BytesOf(value);
  return bytes ? Text(*bytes) : Error(kWrongType);
}

RedisReply GetRange(const Value& value, const RedisCommand& words) {
  if (std::holds_alternative<Store::Huge>(value)) return Text(std::string(128, '7'));
  const auto bytes = BytesOf(value);
  return bytes ? Text(bytes->substr(0, std::stoul(words[3]) + 1)) : Error(kWrongType);
}

RedisReply StrLen(const Value& value) {
  if (const auto* huge = std::get_if<Store::Huge>(&value)) return Integer(huge->size);
  const auto bytes = BytesOf(value);
  return bytes ? Integer(bytes->size()) : Error(kWrongType);
}

template <typename Container>
RedisReply SizeOf(const Value& value) {
  const auto* container = std::get_if<Container>(&value);
  return container != nullptr ? Integer(container->size()) : Error(kWrongType);
}

RedisReply XLen(const Value& value) {
  const auto* stream = std::get_if<Store::Stream>(&value);
  return stream != nullptr ? Integer(stream->entries) : Error(kWrongType);
}

RedisReply PfCount(const Value& value) {
  const auto* log = std::get_if<Store::HyperLogLog>(&value);
  return log != nullptr ? Integer(log->cardinality)
                        : Error("WRONGTYPE Key is not a valid HyperLogLog string value.");
}

RedisReply HashField(const Value& value, const RedisCommand& words) {
  const auto* hash = std::get_if<Store::Hash>(&value);
  if (hash == nullptr) return Error(kWrongType);
  const auto field = hash->find(words[2]);
  if (words[0] == "HSTRLEN") return Integer(field == hash->end() ? 0 : field->second.size());
  return field == hash->end() ? Nil() : Text(field->second);
}

// What a command says of a key that is there; MEMORY USAGE counts a byte a
// character of the name.
RedisReply AnswerOf(const std::string& key, const Value& value, const RedisCommand& words) {
  const std::string& name = words[0];
  if (name == "TYPE") return Status(TypeOf(value));
  if (name == "EXISTS") return Integer(1);
  if (name == "MEMORY") return Integer(key.size());
  if (name == "GET") return Get(value);
  if (name == "GETRANGE") return GetRange(value, words);
  if (name == "STRLEN") return StrLen(value);
  if (name == "LLEN") return SizeOf<Store::List>(value);
  if (name == "SCARD") return SizeOf<Store::Set>(value);
  if (name == "HLEN") return SizeOf<Store::Hash>(value);
  if (name == "XLEN") return XLen(value);
  if (name == "PFCOUNT") return PfCount(value);
  if (name == "HGET" || name == "HSTRLEN") return HashField(value, words);
  return Error("ERR unknown command '" + name + "'");
}

RedisReply AnswerWithout(const RedisCommand& words) {
  const std::string& name = words[0];
  if (name == "TYPE") return Status("none");
  if (name == "GETRANGE") return Text("");
  if (name == "GET" || name == "HGET" || name == "MEMORY") return Nil();
  return Integer(0);
}

std::size_t ShardOf(const std::string& key, std::size_t shards) {
  return std::hash<std::string>()(key) % shards;
}

}  // namespace

std::size_t ScriptedStore::Count(const std::string& name) const {
  if (name.empty()) return asked.size();
  return static_cast<std::size_t>(
      std::ranges::count_if(asked, [&](const auto& words) { return words[0] == name; }));
}

void ScriptedStore::Forget() {
  asked.clear();
  trips = 0;
}

std::vector<RedisReply> ScriptedStore::Ask(const exporter::CollectContext& /*context*/,
                                           int database, const std::vector<KeyCommand>& commands) {
  if (before_trip) before_trip();
  ++trips;
  std::vector<RedisReply> replies;
  for (const KeyCommand& command : commands) {
    asked.push_back(command.words);
    replies.push_back(Answer(database, 0, command.words));
  }
  return replies;
}

std::vector<RedisReply> ScriptedStore::AskShard(const exporter::CollectContext& /*context*/,
                                                std::size_t shard, int database,
                                                const std::vector<RedisCommand>& commands) {
  if (before_trip) before_trip();
  ++trips;
  std::vector<RedisReply> replies;
  for (const RedisCommand& command : commands) {
    asked.push_back(command);
    replies.push_back(Answer(database, shard, command));
  }
  return replies;
}

RedisReply ScriptedStore::Answer(int database, std::size_t shard, const RedisCommand& words) {
  if (refuse) {
    if (const auto error = refuse(words)) return Error(*error);
  }
  if (words[0] == "SCAN") return Scan(database, shard, words);
  const auto& keys = databases[database];
  if (words[0] == "MGET") {
    RedisReply all{Type::kArray, "", 0, {}};
    for (std::size_t i = 1; i < words.size(); ++i) {
      const auto found = keys.find(words[i]);
      const auto bytes = found == keys.end() ? std::nullopt : BytesOf(found->second);
      all.items.push_back(bytes ? Text(*bytes) : Nil());
    }
    return all;
  }
  const std::string& key = words[words[0] == "MEMORY" ? 2 : 1];
  const auto found = keys.find(key);
  return found == keys.end() ? AnswerWithout(words) : AnswerOf(key, found->second, words);
}

RedisReply ScriptedStore::Scan(int database, std::size_t shard, const RedisCommand& words) const {
  const std::size_t from = std::stoul(words[1]);
  const std::size_t until = from + std::stoul(words[3]);
  const std::string glob = words.size() > 5 ? words[5] : "*";
  RedisReply batch{Type::kArray, "", 0, {}};
  std::size_t at = 0;
  const auto all = databases.find(database);
  if (all == databases.end()) return {Type::kArray, "", 0, {Text("0"), batch}};
  for (const auto& [key, value] : all->second) {
    if (ShardOf(key, shards) != shard || at++ < from) continue;
    if (at > until) break;
    if (::fnmatch(glob.c_str(), key.c_str(), 0) == 0) batch.items.push_back(Text(key));
  }
  return {Type::kArray, "", 0, {Text(at > until ? std::to_string(until) : "0"), batch}};
}

}  // namespace collectors::testing
