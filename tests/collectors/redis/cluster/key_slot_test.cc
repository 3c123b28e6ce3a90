#include "collectors/redis/cluster/key_slot.h"

#include <doctest/doctest.h>

namespace collectors {

TEST_CASE("a key has the slot that redis-cli cluster keyslot tells") {
  struct Case {
    std::string_view key;
    int slot;
  };
  const Case cases[] = {
      {"", 0},
      {"foo", 12182},
      {"123456789", 0x31C3},  // The specification's example.
      {"metrics:tenant:7:requests", 1070},
      {"\xff"
       "a",
       16248},
      {"{user1000}.following", 3443},
      {"{user1000}.followers", 3443},
      {"foo{}{bar}", 8363},  // The first braces are empty: the whole key is hashed.
      {"{}", 15257},
      {"foo{{bar}}zap", 4015},  // "{bar" is hashed.
      {"foo{bar}{zap}", 5061},  // "bar" is hashed.
      {"bar", 5061},
      {"a{b", 13340},
      {"x}{y}", 12222},
      {"y", 12222},
  };
  for (const Case& c : cases) {
    CAPTURE(c.key);
    CHECK(KeySlot(c.key) == c.slot);
  }
}

}  // namespace collectors
