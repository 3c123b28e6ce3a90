#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "collectors/celery/broker.h"
#include "collectors/celery/redis_names.h"
#include "collectors/clients/redis_session.h"
#include "exporter/collector.h"

namespace collectors {

// Control calls over Redis: published to all workers, which push their replies onto
// a list. A worker may answer hours later (one of the solo pool, when its task ends)
// and would then leave a list behind for ever. So the replies go by an exchange of our
// own, whose binding to the list is there for the length of a round only: kombu drops
// what no binding leads anywhere. After each round the binding is removed, and the list
// expires within seconds; both have a time to live from the start, should that not come
// to pass: the list's is the longer one, and it is there before the first reply. What a
// user may not do is found out before there is anything. Commands: DEL, EXPIRE, RPUSH,
// SADD, PUBLISH, LLEN, LRANGE. One thread at a time.
class RedisControl {
 public:
  explicit RedisControl(RedisNames names);

  std::vector<ControlReply> Call(const exporter::CollectContext& context, RedisSession& session,
                                 const std::vector<std::string>& methods,
                                 std::chrono::milliseconds window);

 private:
  struct Round;
  std::string ListKey() const { return names_.prefix + name_; }
  std::string BindingKey() const { return names_.BindingPrefix() + name_; }
  // The list with its binding; throws, and leaves neither, where one is refused.
  void Open(const exporter::CollectContext& context, RedisSession& session, const Round& round,
            std::chrono::milliseconds window);
  // Removes both, as well as can be: after a failure.
  void Abandon(const exporter::CollectContext& context, RedisSession& session);
  std::vector<ControlReply> Ask(const exporter::CollectContext& context, RedisSession& session,
                                const Round& round, std::chrono::milliseconds window);
  // To all workers; returns how many replies there may be at most.
  std::size_t Publish(const exporter::CollectContext& context, RedisSession& session,
                      const Round& round);
  std::size_t PublishOn(const std::string& channel, const exporter::CollectContext& context,
                        RedisSession& session, const Round& round);
  // Until so many replies have come, or by the deadline.
  void Await(const exporter::CollectContext& context, RedisSession& session, std::size_t replies,
             exporter::Deadline until);
  std::vector<ControlReply> Take(const exporter::CollectContext& context, RedisSession& session,
                                 const Round& round);

  RedisNames names_;
  // Of the list and of the exchange, without the prefix, which workers put before
  // it themselves. Bindings of such an ending are none of tasks.
  std::string name_;
};

}  // namespace collectors
