#include "collectors/clients/redis/reply_reader.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace collectors {
namespace {

using exporter::CollectError;

// Returns the error for these bytes, fed in pieces of that length; "" if they are accepted or may
// still become complete.
std::string RefusalOf(const std::string& bytes, std::size_t piece, ReplyBounds bounds) {
  ReplyReader reader(bounds);
  try {
    reader.Begin();
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      reader.Feed(std::string_view(bytes).substr(at, piece));
      while (reader.Next()) {
      }
    }
  } catch (const CollectError& error) {
    return std::string(Name(error.kind())) + ": " + error.what();
  }
  return "";
}

std::string Repeated(int times, const std::string& text) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("a reply is taken up to each bound, and refused beyond it") {
  constexpr ReplyBounds kBounds = {.bytes = 1000, .elements = 10, .line = 50};
  struct Case {
    std::string name;
    std::string bytes;
    std::string refusal;
  };
  const std::string larger = "limit: the answer is larger than";
  const std::string wider = "limit: the answer has more than 10 elements";
  const std::string strange = "protocol: the answer is not Redis's protocol";
  const std::string endless = "protocol: the answer has a line that does not end";
  const Case cases[] = {
      {"bytes", "$992\r\n" + std::string(992, 'x') + "\r\n", ""},
      {"a string beyond", "$1000\r\n", larger},
      {"strings beyond", Repeated(10, "$100\r\n" + std::string(100, 'x') + "\r\n"), larger},
      {"statuses beyond", Repeated(201, "+OK\r\n"), larger},
      {"512 MB", "$536870912\r\n", larger},
      {"more than Redis holds", "$629145600\r\n", larger},
      {"2^63 - 1", "$9223372036854775807\r\n", larger},
      {"2^63", "$9223372036854775808\r\n", strange},
      {"a string within an array", "*2\r\n:1\r\n$1000\r\n", larger},
      {"elements", "*10\r\n" + Repeated(10, ":1\r\n"), ""},
      {"elements beyond", "*11\r\n", wider},
      {"elements of arrays beyond", "*2\r\n*8\r\n" + Repeated(8, ":1\r\n") + "*1\r\n", wider},
      {"2^31 - 1 elements", "*2147483647\r\n", wider},
      {"2^63 elements", "*9223372036854775808\r\n", strange},
      {"less than nil", "$-2\r\n", strange},
      {"less than no array", "*-2\r\n", strange},
      {"nil", "$-1\r\n*-1\r\n", ""},
      {"eight deep", Repeated(8, "*1\r\n") + ":1\r\n", ""},
      {"nine deep", Repeated(9, "*1\r\n") + ":1\r\n", strange},
      {"nine deep, the last one nil", Repeated(8, "*1\r\n") + "*-1\r\n", strange},
      {"line", "+" + std::string(48, 'x') + "\r\n", ""},
      {"line that may end", "+" + std::string(50, 'x'), ""},
      {"endless status", "+" + std::string(51, 'x'), endless},
      {"endless error", "-" + std::string(51, 'x'), endless},
      {"endless number", ":" + std::string(51, '1'), endless},
      {"endless length", "$" + std::string(51, '0'), endless},
      {"endless count", "*" + std::string(51, '0'), endless},
      {"endless line within an array", "*1\r\n+" + std::string(51, 'x'), endless},
      {"line feeds alone end no line", "+" + Repeated(51, "\n"), endless},
  };
  for (const Case& c : cases) {
    for (const std::size_t piece : {1, 7, 1000}) {
      CAPTURE(c.name);
      CAPTURE(piece);
      const std::string refusal = RefusalOf(c.bytes, piece, kBounds);
      CAPTURE(refusal);
      CHECK(refusal.empty() == c.refusal.empty());
      CHECK(refusal.find(c.refusal) != std::string::npos);
    }
  }
}

TEST_CASE("what RESP3 alone has is refused, whole or by its first byte") {
  const std::string strange = "protocol: the answer is not Redis's protocol";
  const std::string beginnings[] = {"", "*2\r\n:1\r\n"};
  const std::string replies[] = {
      ",1.5\r\n",
      ",nan\r\n",
      ",inf\r\n",
      "#t\r\n",
      "#f\r\n",
      "_\r\n",
      "(3492890328409238509324850943850943825024385\r\n",
      "=15\r\ntxt:Some string\r\n",
      "!9\r\nERR wrong\r\n",
      "%1\r\n+a\r\n:1\r\n",
      "%0\r\n",
      "%-1\r\n",
      "~1\r\n:1\r\n",
      ">1\r\n+message\r\n",
      ">0\r\n",
      "|1\r\n+ttl\r\n:3\r\n:1\r\n",
  };
  for (const std::string& beginning : beginnings) {
    for (const std::string& reply : replies) {
      CAPTURE(beginning);
      CAPTURE(reply);
      CHECK(RefusalOf(beginning + reply, 1, {}) == strange);
      CHECK(RefusalOf(beginning + reply, 1000, {}) == strange);
      CHECK(RefusalOf(beginning + reply.front(), 1000, {}) == strange);
    }
  }
}

TEST_CASE("a new pipeline has the whole of its bounds, and no bytes of an old one") {
  ReplyReader reader({.bytes = 10, .elements = 1, .line = 10});
  for (int i = 0; i < 100; ++i) {
    reader.Begin();
    reader.Feed("*1\r\n:1\r\n");
    CHECK(reader.Next());
  }
  reader.Feed("+");
  CHECK_THROWS_AS(reader.Begin(), CollectError);
}

}  // namespace collectors
