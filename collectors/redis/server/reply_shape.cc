#include "collectors/redis/server/reply_shape.h"

#include <charconv>
#include <cmath>

namespace collectors {

using exporter::CollectError;
using exporter::ErrorKind;

const RedisReply& Expect(const RedisReply& reply, RedisReply::Type type, std::string_view command) {
  if (reply.type == RedisReply::Type::kError) throw RedisError(command, reply);
  if (reply.type != type) {
    throw CollectError(ErrorKind::kProtocol,
                       std::string(command) + ": the answer is of another kind");
  }
  return reply;
}

std::map<std::string_view, std::string_view> PairsOf(const RedisReply& reply) {
  std::map<std::string_view, std::string_view> pairs;
  for (std::size_t i = 0; i + 1 < reply.items.size(); i += 2) {
    pairs.emplace(reply.items[i].text, reply.items[i + 1].text);
  }
  return pairs;
}

std::optional<double> FiniteNumber(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace collectors
