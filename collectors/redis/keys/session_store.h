#pragma once

#include "collectors/clients/redis/sturdy_session.h"
#include "collectors/redis/keys/key_store.h"

namespace collectors {

// The keys of one server. Not thread-safe.
class SessionStore : public KeyStore {
 public:
  // Both must outlive it and belong to the same server.
  SessionStore(RedisSession& session, SturdySession& sturdy) : session_(session), sturdy_(sturdy) {}

  std::vector<RedisReply> Ask(const exporter::CollectContext& context, int database,
                              const std::vector<KeyCommand>& commands) override;
  bool TakesManyKeys() const override { return true; }
  std::size_t ShardCount() const override { return 1; }
  // A SCAN cursor is valid only within one server process, because each process has its own hash
  // seed. A new connection may reach a new process.
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
