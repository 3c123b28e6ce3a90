#pragma once

#include <map>
#include <string>

#include "collectors/redis/keys/key_store.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// A store that does not insist: a command that the server refuses to run at all,
// or does not know, is asked for again only after ten minutes, and so is a database
// that it does not let us choose. Until then the refusal is the answer, so that
// whoever asks notes it as before, and the server's ACL log stays as it is. One
// thread.
class PatientStore : public KeyStore {
 public:
  // The store must outlive it.
  explicit PatientStore(KeyStore& store) : store_(store) {}

  // The time that counts until the next call.
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

  // The refusal that still holds for a command, or null.
  const RedisReply* RefusalOf(const RedisCommand& words) const;
  void Note(const RedisCommand& words, const RedisReply& reply);

  // Asks by `ask` for the commands that are not refused; a reply for each. Throws
  // what it throws, or threw of a refused database.
  template <typename Command, typename Sender>
  std::vector<RedisReply> AskAllowed(int database, const std::vector<Command>& commands,
                                     Sender ask);

  KeyStore& store_;
  exporter::SteadyTime now_;
  std::map<std::string, Refusal> refusals_;  // By the command: "XINFO STREAM", "GET".
  struct Closed {
    exporter::SteadyTime until;
    exporter::CollectError error;
  };
  std::map<int, Closed> databases_;
};

}  // namespace collectors
