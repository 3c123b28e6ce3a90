#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "collectors/clients/redis/redis_session.h"
#include "exporter/seam/collector.h"

namespace collectors {

// A command about one key. A cluster finds the node to ask by the key.
struct KeyCommand {
  std::string key;
  RedisCommand words;  // Includes the key.
};

// Where keys are: one server, or the nodes of a cluster. Every call ends by context.deadline. Not
// thread-safe.
class KeyStore {
 public:
  virtual ~KeyStore() = default;

  // Returns a reply for each command, in order. Error replies are among them, also for the commands
  // of a node that does not answer, so that a key's failure costs only that key. Throws
  // CollectError if no node answers or the server refuses the database.
  virtual std::vector<RedisReply> Ask(const exporter::CollectContext& context, int database,
                                      const std::vector<KeyCommand>& commands) = 0;

  // Whether one command may name any keys together (MGET). Not in a cluster, where they must share
  // a slot.
  virtual bool TakesManyKeys() const = 0;

  // The number of parts of the keyspace that SCAN walks one by one: 1, or a cluster's primaries.
  virtual std::size_t ShardCount() const = 0;
  // A name for the shard, by which the holder of a SCAN cursor notices that another shard has the
  // number now: a cluster's node id, or "" if the shard never changes.
  virtual std::string ShardName(std::size_t /*shard*/) const { return ""; }
  // As Ask, for one shard.
  virtual std::vector<RedisReply> AskShard(const exporter::CollectContext& context,
                                           std::size_t shard, int database,
                                           const std::vector<RedisCommand>& commands) = 0;
};

}  // namespace collectors
