#pragma once

#include "collectors/clients/redis/sturdy_session.h"
#include "collectors/redis/keys/key_store.h"

namespace collectors {

// The keys of one server. One thread at a time.
class SessionStore : public KeyStore {
 public:
  // Both must outlive it, and be of one server.
  SessionStore(RedisSession& session, SturdySession& sturdy) : session_(session), sturdy_(sturdy) {}

  std::vector<RedisReply> Ask(const exporter::CollectContext& context, int database,
                              const std::vector<KeyCommand>& commands) override;
  bool TakesManyKeys() const override { return true; }
  std::size_t ShardCount() const override { return 1; }
  // A cursor is good for one process of the server: its hash has a seed of its own.
  std::string ShardName(std::size_t) const override {
    return std::to_string(session_.connections());
  }
  std::vector<RedisReply> AskShard(const exporter::CollectContext& context, std::size_t shard,
                                   int database,
                                   const std::vector<RedisCommand>& commands) override;

 private:
  RedisSession& session_;
  SturdySession& sturdy_;
};

}  // namespace collectors
