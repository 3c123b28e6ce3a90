#include "collectors/celery/redis_names.h"

#include "collectors/redis_glob.h"

namespace collectors {
namespace {

// keyprefix_fanout: "/{db}."
std::string FanoutPrefix(int database) { return "/" + std::to_string(database) + "."; }

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

std::string RedisNames::ControlChannel(int database) const {
  return prefix + FanoutPrefix(database) + "celery.pidbox";
}

std::vector<std::string> RedisNames::EventPatterns(int database) const {
  const std::string bare = EscapedGlob(prefix) + EscapedGlob(event_exchange);
  const std::string numbered =
      EscapedGlob(prefix) + FanoutPrefix(database) + EscapedGlob(event_exchange);
  return {numbered + "/*", numbered, bare + "/*", bare};
}

}  // namespace collectors
