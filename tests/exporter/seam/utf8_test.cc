#include "exporter/seam/utf8.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace exporter {

TEST_CASE("valid UTF-8 is valid to its end, anything else up to its first bad byte") {
  struct Case {
    std::string text;
    std::size_t valid;
  };
  const std::vector<Case> cases = {
      {"", 0},
      {"abc", 3},
      {"\xc3\xa9", 2},
      {"\xe2\x82\xac", 3},
      {"\xf0\x9f\x90\x98x", 5},
      {"\xf4\x8f\xbf\xbf", 4},
      {std::string("a\0b", 3), 3},
      {"a\xff", 1},
      {"a\x80", 1},
      {"a\xc3", 1},              // Cut.
      {"a\xe2\x82", 1},          // Cut.
      {"a\xe2\x82z", 1},         // A bad third byte.
      {"a\xc0\xaf", 1},          // Overlong.
      {"a\xe0\x80\xaf", 1},      // Overlong.
      {"a\xed\xa0\x80", 1},      // A surrogate.
      {"a\xf4\x90\x80\x80", 1},  // Above U+10FFFF.
      {"a\xf5\x80\x80\x80", 1},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(ValidUtf8Prefix(c.text) == c.valid);
  }
}

}  // namespace exporter
