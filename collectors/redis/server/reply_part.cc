#include "collectors/redis/server/reply_part.h"

#include <charconv>
#include <cmath>

#include "collectors/redis/server/reply_shape.h"

namespace collectors {
namespace {

std::string_view Find(const InfoText& info, std::string_view field) {
  const auto found = info.find(field);
  return found == info.end() ? std::string_view() : found->second;
}

// 70015 for 7.0.15. Valkey reports in this field the Redis version that it is compatible with.
int VersionOf(std::string_view text) {
  int version = 0;
  for (int part = 0; part < 3; ++part) {
    int number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
    if (text.starts_with('.')) text.remove_prefix(1);
    if (number < 0 || number > 99) return 0;
    version = version * 100 + number;
  }
  return version;
}

}  // namespace

ServerFacts FactsOf(const InfoText& info, std::chrono::system_clock::time_point now) {
  const double ours = std::chrono::duration<double>(now.time_since_epoch()).count();
  const auto theirs = FiniteNumber(Find(info, "server_time_usec"));
  return {.info = info,
          .now = std::floor(theirs ? *theirs / 1e6 : ours),
          .version = VersionOf(Find(info, "redis_version")),
          .is_cluster = Find(info, "cluster_enabled") == "1",
          .is_sentinel = Find(info, "redis_mode") == "sentinel"};
}

}  // namespace collectors
