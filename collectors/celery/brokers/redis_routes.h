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

// Where messages go: bindings of exchanges to queues, as kombu keeps them in Redis. Holds at most
// 10,000 bindings and 256 patterns. An exchange beyond that is cut: where its messages went is not
// known. Pure.
class RedisRoutes {
 public:
  explicit RedisRoutes(RedisNames names) : names_(std::move(names)) {}

  // Adds a member of an exchange's set: routing key, pattern and queue.
  void Add(const std::string& exchange, std::string_view member);
  // Notes that the exchange has more members than may be read.
  void Cut(const std::string& exchange);

  // Whether all bindings of the exchange are known.
  bool IsKnown(const std::string& exchange) const;
  // Returns the queues that a message went to; several if each got a copy, empty if the exchange is
  // cut. Remembers its results.
  const std::vector<std::string>& QueuesOf(const std::string& exchange,
                                           const std::string& routing_key);
  void AddQueues(std::size_t most, std::set<std::string>& queues) const;
  std::size_t cut_exchanges() const;

 private:
  struct Binding {
    std::string routing_key;
    const re2::RE2* pattern;  // Of topic exchanges; null for others.
    std::string queue;
  };
  struct Exchange {
    std::vector<Binding> bindings;
    bool is_cut = false;
  };

  bool IsOfTasks(std::string_view queue) const;
  // Compiled once for all bindings that have it; null if there are too many patterns.
  const re2::RE2* Compiled(std::string_view pattern);
  std::vector<std::string> Match(const std::string& exchange, const std::string& routing_key) const;

  RedisNames names_;
  std::map<std::string, Exchange> exchanges_;
  std::size_t bindings_ = 0;
  bool has_lost_exchanges_ = false;  // Some were cut, and there was no room to note which.
  std::map<std::string, std::shared_ptr<const re2::RE2>, std::less<>> patterns_;
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> found_;
};

}  // namespace collectors
