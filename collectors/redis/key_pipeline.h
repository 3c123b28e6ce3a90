#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "collectors/redis/key_store.h"

namespace collectors {

// Questions about keys of one database that are sent together. Each GET is part
// of an MGET where the store takes many keys at once: then a key that holds no
// string has the answer of one that is not there.
class KeyPipeline {
 public:
  explicit KeyPipeline(bool takes_many_keys) : takes_many_keys_(takes_many_keys) {}

  void Add(const std::string& key, RedisCommand words);
  bool empty() const { return slots_.empty(); }

  // Asks. Answer(i) is then that of the i-th question. Throws as KeyStore::Ask.
  void Send(const exporter::CollectContext& context, KeyStore& store, int database);
  const RedisReply& Answer(std::size_t question) const;

 private:
  // Where a question's answer is: a reply, or an item of one.
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
