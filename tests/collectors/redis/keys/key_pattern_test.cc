#include "collectors/redis/keys/key_pattern.h"

#include <doctest/doctest.h>

#include <stdexcept>

namespace collectors {
namespace {

using Values = std::vector<std::string>;

std::string RefusalOf(const std::string& text) {
  try {
    const KeyPattern pattern(text);
    return "";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("a pattern matches whole keys as Redis does, and keeps what is in braces") {
  struct Case {
    std::string pattern;
    std::string key;
    std::optional<Values> values;
  };
  const std::vector<Case> table = {
      {"a", "a", Values{}},
      {"a", "ab", std::nullopt},
      {"a", "ba", std::nullopt},
      {"a.c", "abc", std::nullopt},
      {"a*", "a", Values{}},
      {"a*c", "abcbc", Values{}},
      {"a?c", "abc", Values{}},
      {"a?c", "ac", std::nullopt},
      {"[ab]", "b", Values{}},
      {"[^ab]", "b", std::nullopt},
      {"[^ab]", "c", Values{}},
      {"[a-c]x", "bx", Values{}},
      {"[c-a]x", "bx", Values{}},
      {"[a-c]x", "dx", std::nullopt},
      {"[\\]]", "]", Values{}},
      {"[{}]", "{", Values{}},
      {"[.]", "x", std::nullopt},
      {"a\\*", "a*", Values{}},
      {"a\\*", "ab", std::nullopt},
      {"a\\", "a\\", Values{}},
      {"t:{id}:{kind}", "t:7:hits", Values{"7", "hits"}},
      {"t:{id}:{kind}", "t:7:", std::nullopt},
      {"t:{id}:{kind}", "t::hits", std::nullopt},
      {"t:{id}:{kind}", "t:a:b:c", Values{"a", "b:c"}},
      {"{a}-x-{b}", "1-x-2-x-3", Values{"1", "2-x-3"}},
      {"{a}:*:z", "1:2:3:z", Values{"1"}},
      {"{a}:end", "1:end:end", Values{"1:end"}},
      {"\\{user:{id}\\}:n", "{user:5}:n", Values{"5"}},
      {"k:{id}", "k:a\nb", Values{"a\nb"}},
      {"k:{id}", std::string("k:\0\xff", 4), Values{std::string("\0\xff", 2)}},
      {"\xc3\xa9:{id}", "\xc3\xa9:1", Values{"1"}},
      {"a(b)+|^$", "a(b)+|^$", Values{}},
  };
  for (const Case& row : table) {
    CAPTURE(row.pattern);
    CAPTURE(row.key);
    CHECK(KeyPattern(row.pattern).Match(row.key) == row.values);
  }
}

TEST_CASE("a pattern becomes a glob for SCAN") {
  CHECK(KeyPattern("t:{id}:{kind}").glob() == "t:?*:?*");
  CHECK(KeyPattern("\\{u{id}\\}*[a-z]?").glob() == "\\{u?*\\}*[a-z]?");
  CHECK(KeyPattern("t:{id}:{kind}").names() == Values{"id", "kind"});
}

TEST_CASE("a pattern knows whether two keys may have the same values") {
  CHECK_FALSE(KeyPattern("t:{id}:{kind}").merges());
  CHECK(KeyPattern("t:*").merges());
  CHECK(KeyPattern("t:{id}:?").merges());
  CHECK(KeyPattern("t:{id}:[ab]").merges());
}

TEST_CASE("a pattern that cannot be meant is refused with words that say what would be right") {
  struct Case {
    std::string pattern;
    std::string says;
  };
  const std::vector<Case> table = {
      {"", "an empty pattern matches no key"},
      {"a{b", "a { without its }; write \\{ where a key has a brace"},
      {"a}b", "a } without its {; write \\} where a key has a brace"},
      {"{}",
       "\"\" in braces is no label name; it takes letters, digits and _, starts with no "
       "digit and not with __; write \\{ and \\} where a key has braces"},
      {"{user:1}:x",
       "\"user:1\" in braces is no label name; it takes letters, digits and _, "
       "starts with no digit and not with __; write \\{ and \\} where a key has "
       "braces"},
      {"{a}:{a}", "{a} is there twice: give each its name"},
      {"{a}{b}", "{a}{b} cannot be told apart: put what stands between them in keys, as a :"},
      {"s:{id}*",
       "a name in braces next to * has no end: put what stands between them in keys, "
       "as a :"},
      {"s:*{id}",
       "a name in braces next to * has no end: put what stands between them in keys, "
       "as a :"},
      {"a[bc", "a [ without its ]; write \\[ where a key has a bracket"},
      {"a[]", "[] has no characters to choose from"},
  };
  for (const Case& row : table) {
    CAPTURE(row.pattern);
    CHECK(RefusalOf(row.pattern) == row.says);
  }
}

}  // namespace collectors
