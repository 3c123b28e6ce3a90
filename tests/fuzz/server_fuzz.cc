// A Redis server's answers, INFO and all other replies, become a valid page. The input is INFO's
// text, a line "---", and the RESP replies to return in turn.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/clients/redis/reply_reader.h"
#include "collectors/redis/server/reply_parts.h"
#include "collectors/redis/server/server_reader.h"
#include "exporter/labels/label_policy.h"
#include "tests/fuzz/require.h"
#include "tests/support/page_check.h"
#include "tests/support/taken.h"

namespace {

using collectors::RedisCommand;
using collectors::RedisReply;

constexpr std::string_view kDivider = "\n---\n";
constexpr std::size_t kMostReplies = 64;

const collectors::ServerParts& AllParts() {
  static const collectors::ServerParts parts = [] {
    collectors::ServerParts all;
    for (const auto& part : collectors::ReplyParts()) all.replies.push_back(&part);
    return all;
  }();
  return parts;
}

// Returns the replies that the bytes hold before the first invalid one; a nil if there are none.
std::vector<RedisReply> RepliesOf(std::string_view bytes) {
  std::vector<RedisReply> replies;
  try {
    collectors::ReplyReader reader({.bytes = 1 << 20, .elements = 1 << 12});
    reader.Begin();
    reader.Feed(bytes);
    while (replies.size() < kMostReplies) {
      std::optional<RedisReply> reply = reader.Next();
      if (!reply) break;
      replies.push_back(*std::move(reply));
    }
  } catch (const exporter::CollectError&) {
  }
  if (replies.empty()) replies.emplace_back();
  return replies;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  const std::size_t divider = input.find(kDivider);
  RedisReply info;
  info.type = RedisReply::Type::kString;
  info.text = input.substr(0, divider);
  const std::vector<RedisReply> replies =
      RepliesOf(divider == std::string_view::npos ? "" : input.substr(divider + kDivider.size()));
  std::size_t next = 0;
  const auto ask = [&](const std::vector<RedisCommand>& commands) {
    std::vector<RedisReply> answers;
    if (commands.front() == RedisCommand{"INFO", "all"}) return std::vector<RedisReply>{info};
    for (std::size_t i = 0; i < commands.size(); ++i) {
      answers.push_back(replies[next++ % replies.size()]);
    }
    return answers;
  };
  exporter::Reading reading;
  collectors::ServerReader reader(AllParts());
  try {
    reader.Read(ask, {}, {}, reading);
  } catch (const exporter::CollectError&) {
    return 0;
  }
  auto result = exporter::LabelPolicy{}.Apply(std::move(reading.families).Take());
  const std::string page = exporter::testing::PageOf(std::move(result.families));
  const std::string problem = testing::PageProblem(page);
  fuzz::Require(problem.empty(), problem);
  return 0;
}
