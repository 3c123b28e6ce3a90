#include "tests/support/captured_reply.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <utility>

#include "collectors/clients/redis/reply_reader.h"

namespace collectors::testing {

RedisReply ReplyOf(const std::string& bytes) {
  ReplyReader reader;
  reader.Begin();
  reader.Feed(bytes);
  auto reply = reader.Next();
  REQUIRE_MESSAGE(reply.has_value(), bytes);
  return *std::move(reply);
}

RedisReply CapturedReply(const std::string& name) {
  const std::string path = "tests/data/redis/" + name + ".resp";
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file.good(), path);
  return ReplyOf({std::istreambuf_iterator<char>(file), {}});
}

}  // namespace collectors::testing
