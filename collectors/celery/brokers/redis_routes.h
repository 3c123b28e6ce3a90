#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/celery/brokers/redis_names.h"

namespace re2 {
class RE2;
}

namespace collectors {

// Where messages go: bindings of exchanges to queues, as kombu keeps them in Redis.
// At most 10,000 of them, of 256 patterns: exchanges that would go beyond are cut,
// and nothing is said of where their messages went. Pure.
class RedisRoutes {
 public:
  explicit RedisRoutes(RedisNames names) : names_(std::move(names)) {}

  // A member of an exchange's set: routing key, pattern and queue.
  void Add(const std::string& exchange, std::string_view member);
  // The exchange has more members than may be read.
  void Cut(const std::string& exchange);

  // Whether all bindings of the exchange are here.
  bool IsKnown(const std::string& exchange) const;
  // The queues that a message went to; several where each got a copy; none where the
  // exchange is cut. Remembers what it found.
  const std::vector<std::string>& QueuesOf(const std::string& exchange,
                                           const std::string& routing_key);
  void AddQueues(std::size_t most, std::set<std::string>& queues) const;
  std::size_t cut_exchanges() const;

 private:
  struct Binding {
    std::string routing_key;
    const re2::RE2* pattern;  // Of topic exchanges; else null.
    std::string queue;
  };
  struct Exchange {
    std::vector<Binding> bindings;
    bool is_cut = false;
  };

  bool IsOfTasks(std::string_view queue) const;
  // Compiled once, however many bindings have it; null where there are too many.
  const re2::RE2* Compiled(std::string_view pattern);
  std::vector<std::string> Match(const std::string& exchange, const std::string& routing_key) const;

  RedisNames names_;
  std::map<std::string, Exchange> exchanges_;
  std::size_t bindings_ = 0;
  bool has_lost_exchanges_ = false;  // There was no room even to say which.
  std::map<std::string, std::shared_ptr<const re2::RE2>, std::less<>> patterns_;
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> found_;
};

}  // namespace collectors
