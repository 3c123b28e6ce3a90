#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "collectors/redis/keys/key_store.h"

namespace collectors::testing {

// A KeyStore in memory that answers as Redis does, and counts what it is asked.
// Keys are spread over the shards by turns of their names. Its cursor is the
// number of keys passed, so that a key that comes or goes in a walk shifts it.
class ScriptedStore : public KeyStore {
 public:
  using List = std::deque<std::string>;
  using Set = std::set<std::string>;
  using Hash = std::map<std::string, std::string>;
  struct Stream {
    std::size_t entries;
  };
  struct HyperLogLog {
    std::size_t cardinality;
  };
  struct Foreign {  // Of a module.
    std::string type;
  };
  // A string that is as long as it says, and is not kept.
  struct Huge {
    std::size_t size;
  };
  using Value = std::variant<std::string, List, Set, Hash, Stream, HyperLogLog, Foreign, Huge>;

  std::map<int, std::map<std::string, Value>> databases;
  std::size_t shards = 1;
  bool takes_many_keys = true;
  // An error reply where a test wants one; it is asked first.
  std::function<std::optional<std::string>(const RedisCommand&)> refuse;
  // Called before each round trip; may throw CollectError, or move a clock.
  std::function<void()> before_trip;

  std::vector<RedisCommand> asked;
  std::size_t trips = 0;

  std::map<std::string, Value>& keys() { return databases[0]; }
  // How many commands of this name were asked; of all, without one.
  std::size_t Count(const std::string& name = "") const;
  void Forget();  // What was asked.

  std::vector<RedisReply> Ask(const exporter::CollectContext& context, int database,
                              const std::vector<KeyCommand>& commands) override;
  bool TakesManyKeys() const override { return takes_many_keys; }
  std::size_t ShardCount() const override { return shards; }
  std::vector<RedisReply> AskShard(const exporter::CollectContext& context, std::size_t shard,
                                   int database,
                                   const std::vector<RedisCommand>& commands) override;

 private:
  RedisReply Answer(int database, std::size_t shard, const RedisCommand& words);
  RedisReply Scan(int database, std::size_t shard, const RedisCommand& words) const;
};

}  // namespace collectors::testing
