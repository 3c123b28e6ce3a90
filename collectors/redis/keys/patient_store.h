#pragma once

#include <map>
#include <string>

#include "collectors/redis/keys/key_store.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// Caches refusals: a command that the server refuses to run or does not know, and a database that
// it refuses to select, are retried after ten minutes. Until then the cached refusal is the reply,
// so that callers still report it, and the server's ACL log does not grow. Not thread-safe.
class PatientStore : public KeyStore {
 public:
  // `store` must outlive it.
  explicit PatientStore(KeyStore& store) : store_(store) {}

  // Sets the time that is used until the next call.
  void BeginRun(exporter::SteadyTime now) { now_ = now; }

  std::vector<RedisReply> Ask(const exporter::CollectContext& context, int database,
                              const std::vector<KeyCommand>& commands) override;
  bool TakesManyKeys() const override { return store_.TakesManyKeys(); }
  std::size_t ShardCount() const override { return store_.ShardCount(); }
  std::string ShardName(std::size_t shard) const override { return store_.ShardName(shard); }
  std::vector<RedisReply> AskShard(const exporter::CollectContext& context, std::size_t shard,
                                   int database,
                                   const std::vector<RedisCommand>& commands) override;

 private:
  struct Refusal {
    exporter::SteadyTime until;
    RedisReply reply;
  };

  // Returns the command's refusal if it is still valid, or null.
  const RedisReply* RefusalOf(const RedisCommand& words) const;
  void Note(const RedisCommand& words, const RedisReply& reply);

  // Sends the commands that are not refused, by `ask`. Returns a reply for each command. Throws as
  // `ask` does, or the cached error of a refused database.
  template <typename Command, typename Sender>
  std::vector<RedisReply> AskAllowed(int database, const std::vector<Command>& commands,
                                     Sender ask);

  KeyStore& store_;
  exporter::SteadyTime now_;
  std::map<std::string, Refusal> refusals_;  // By command: "XINFO STREAM", "GET".
  struct Closed {
    exporter::SteadyTime until;
    exporter::CollectError error;
  };
  std::map<int, Closed> databases_;
};

}  // namespace collectors
