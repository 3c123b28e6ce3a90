#include "collectors/clients/net/base64.h"

#include <doctest/doctest.h>

namespace collectors {

TEST_CASE("bytes come back from base64 as they went into it") {
  struct Row {
    std::string_view bytes;
    std::string_view text;
  };
  // RFC 4648, section 10.
  constexpr Row kRows[] = {{"f", "Zg=="},           {"fo", "Zm8="},        {"foo", "Zm9v"},
                           {"foob", "Zm9vYg=="},    {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"},
                           {"\xff\xfe\xfd", "//79"}};
  for (const Row& row : kRows) {
    CHECK(EncodedBase64(row.bytes) == row.text);
    CHECK(DecodedBase64(row.text) == row.bytes);
  }
}

TEST_CASE("what is no base64 is none") {
  for (const std::string_view text : {"", "=", "Zg=", "Zg", "Z", "Zm9v!", "Zm 9v", "====="}) {
    CAPTURE(text);
    CHECK_FALSE(DecodedBase64(text));
  }
}

}  // namespace collectors
