#include "collectors/db_pool/like.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/capture.h"

namespace collectors {

TEST_CASE("a text is LIKE a pattern as PostgreSQL means it") {
  struct Case {
    std::string text;
    std::string pattern;
    bool is_like;
  };
  const Case kCases[] = {
      {"", "", true},
      {"", "%", true},
      {"", "_", false},
      {"shop", "shop", true},
      {"shop", "Shop", false},
      {"shop", "sho", false},
      {"sho", "shop", false},
      {"shop", "%", true},
      {"shop", "s%", true},
      {"shop", "%p", true},
      {"shop", "%o%", true},
      {"shop", "s%h%p", true},
      {"shop", "s%x%p", false},
      {"shop", "s__p", true},
      {"shop", "s_p", false},
      {"shop", "%____", true},
      {"shop", "%_____", false},
      {"shop_1", "shop\\_1", true},
      {"shopx1", "shop\\_1", false},
      {"50%", "50\\%", true},
      {"500", "50\\%", false},
      {"a\\b", "a\\\\b", true},
      {"a\\", "a\\", true},
      {"\xC3\xA9t\xC3\xA9", "_t_", true},
      {"\xC3\xA9", "__", false},
      {"a\xC3\xA9"
       "b",
       "a%__b", false},
      {"a%b", "a%b", true},
      {"mississippi", "%iss%ip%", true},
      {"mississippi", "m%iss_ppi", true},
      {"mississippi", "m%iss__ppi", false},
      {"a\nb\"c", "a_b%", true},
  };
  for (const auto& [text, pattern, is_like] : kCases) {
    CAPTURE_BOUND(text);
    CAPTURE_BOUND(pattern);
    CHECK(IsLike(text, pattern) == is_like);
  }
}

TEST_CASE("a pattern of many % does not take exponential time") {
  std::string pattern;
  for (int n = 0; n < 200; ++n) pattern += "%a";
  CHECK_FALSE(IsLike(std::string(5000, 'a') + "b", pattern + "%c"));
}

TEST_CASE("a zero byte in a text is a character") {
  CHECK_FALSE(IsLike(std::string("a\0b", 3), "a"));
  CHECK(IsLike(std::string("a\0b", 3), "a_b"));
}

}  // namespace collectors
