#include "collectors/celery/brokers/redis_names.h"

#include <cstddef>

#include "collectors/shared/redis_glob.h"

namespace collectors {
namespace {

constexpr std::string_view kDatabase = "{db}";

}  // namespace

std::vector<std::string> RedisNames::Lists(std::string_view queue) const {
  std::vector<std::string> lists;
  for (const int step : priority_steps) {
    std::string key = prefix + std::string(queue);
    if (step != 0) key += separator + std::to_string(step);
    lists.push_back(std::move(key));
  }
  return lists;
}

std::vector<std::string> RedisNames::Fanouts(int database) const {
  std::vector<std::string> fanouts;
  for (const std::string& fanout : fanout_prefixes) {
    std::string numbered = fanout;
    const std::size_t at = numbered.find(kDatabase);
    if (at != std::string::npos) numbered.replace(at, kDatabase.size(), std::to_string(database));
    fanouts.push_back(numbered);
    if (has_literal_fanout && numbered != fanout) fanouts.push_back(fanout);
  }
  return fanouts;
}

std::vector<std::string> RedisNames::ControlChannels(int database) const {
  std::vector<std::string> channels;
  for (const std::string& fanout : Fanouts(database)) {
    channels.push_back(prefix + fanout + control.calls);
  }
  return channels;
}

bool RedisNames::HasOwnChannel() const {
  return fanout_prefixes.front().find(kDatabase) != std::string::npos;
}

std::vector<std::string> RedisNames::EventPatterns(int database) const {
  std::vector<std::string> patterns;
  for (const std::string& fanout : Fanouts(database)) {
    const std::string channel = EscapedGlob(prefix + fanout + event_exchange);
    if (fanout_patterns) patterns.push_back(channel + "/*");
    patterns.push_back(channel);
  }
  return patterns;
}

}  // namespace collectors
