#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "collectors/redis/keys/key_store.h"

namespace collectors {

// Questions about keys of one database that are sent together. A GET that may be shared
// is part of an MGET if the store takes many keys at once. Its answer is less certain then:
// a key that holds no string has that of one that is not there, and one key that is
// refused has all of them refused.
class KeyPipeline {
 public:
  explicit KeyPipeline(bool takes_many_keys) : takes_many_keys_(takes_many_keys) {}

  void Add(const std::string& key, RedisCommand words, bool may_share);
  bool empty() const { return slots_.empty(); }

  // Asks. Answer(i) is then that of the i-th question. Throws as KeyStore::Ask.
  void Send(const exporter::CollectContext& context, KeyStore& store, int database);
  const RedisReply& Answer(std::size_t question) const;
  // Whether it was part of an MGET.
  bool IsShared(std::size_t question) const { return slots_[question].is_shared; }

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
