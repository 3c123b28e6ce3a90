#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "collectors/clients/redis/redis_session.h"
#include "exporter/seam/collector.h"

namespace collectors {

// A command about one key, by which a cluster finds the node to ask.
struct KeyCommand {
  std::string key;
  RedisCommand words;  // The key among them.
};

// Where keys are: one server, or the nodes of a cluster. Every call ends by
// context.deadline. One thread at a time.
class KeyStore {
 public:
  virtual ~KeyStore() = default;

  // A reply for each command, in their order. An error reply is one of them, and
  // so is what a node that does not answer left open, so that a key costs only
  // itself. Throws CollectError where nobody answers, or the database is refused.
  virtual std::vector<RedisReply> Ask(const exporter::CollectContext& context, int database,
                                      const std::vector<KeyCommand>& commands) = 0;

  // Whether one command may name keys of any kind (MGET): not in a cluster, where
  // they must share a slot.
  virtual bool TakesManyKeys() const = 0;

  // The keyspace's parts that SCAN walks one by one: 1, or a cluster's primaries.
  virtual std::size_t ShardCount() const = 0;
  // What the part is called, so that who keeps a SCAN cursor notices when another
  // one has its number: a cluster's node id; "" where there is one for ever.
  virtual std::string ShardName(std::size_t /*shard*/) const { return ""; }
  // As Ask, of one part.
  virtual std::vector<RedisReply> AskShard(const exporter::CollectContext& context,
                                           std::size_t shard, int database,
                                           const std::vector<RedisCommand>& commands) = 0;
};

}  // namespace collectors
