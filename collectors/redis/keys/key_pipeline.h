#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "collectors/redis/keys/key_store.h"

namespace collectors {

// Questions about keys of one database, sent together. A GET with `may_share` becomes part of an
// MGET if the store takes many keys at once. The reply to an MGET is less certain: a key that is
// not a string looks like a missing one, and one refused key makes the server refuse all of them.
class KeyPipeline {
 public:
  explicit KeyPipeline(bool takes_many_keys) : takes_many_keys_(takes_many_keys) {}

  void Add(const std::string& key, RedisCommand words, bool may_share);
  bool empty() const { return slots_.empty(); }

  // Sends all questions. Afterwards Answer(i) is the reply to the i-th. Throws as KeyStore::Ask
  // does.
  void Send(const exporter::CollectContext& context, KeyStore& store, int database);
  const RedisReply& Answer(std::size_t question) const;
  // Whether the question was part of an MGET.
  bool IsShared(std::size_t question) const { return slots_[question].is_shared; }

 private:
  // Where a question's reply is: a whole reply, or an item of one.
  struct Slot {
    std::size_t command;
    std::size_t item;
    bool is_shared;
  };

  bool takes_many_keys_;
  std::vector<KeyCommand> commands_;
  std::vector<Slot> slots_;
  std::size_t open_ = 0;  // The MGET that is being filled.
  bool has_open_ = false;
  std::vector<RedisReply> replies_;
};

}  // namespace collectors
