#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "collectors/celery/brokers/broker.h"
#include "collectors/celery/brokers/redis_names.h"
#include "collectors/clients/redis/redis_session.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// Control calls over Redis: published to all workers, of which those that are asked push
// their replies onto a list. Nothing is published unless every worker can reply (WorkersToAsk).
//
// The list and its binding have the names of Celery's own replies, so that a worker may
// write them whom an access rule allows no more than what Celery itself needs. The set of
// bindings is shared with all clients of Celery: only members of our own are added and
// removed, and the set never gets a time to live.
//
// A worker may reply hours later (one of the solo pool, when its task ends) and would then
// leave a list behind for ever. So the binding is there for the length of a round only:
// kombu drops a reply that no binding leads anywhere. The list is made first, with an
// element that holds its place and a time to live, and outlives the binding.
//
// If the exporter is killed in a round, its binding stays. It does no harm: its routing key
// is of that round alone, so that only a late reply to that round finds it. The list expires;
// a reply that is later still makes it anew, for good. Any exporter's next round removes both:
// a binding of this kind whose list does not end in the placeholder is nobody's.
//
// What a user may not do is found out before there is anything. Commands: SCARD, SMEMBERS,
// LINDEX, DEL, SREM, EXPIRE, RPUSH, SADD, PUBLISH, LLEN, LRANGE. One thread at a time.
class RedisControl {
 public:
  explicit RedisControl(RedisNames names);

  std::vector<ControlReply> Call(const exporter::CollectContext& context, RedisSession& session,
                                 const ControlCall& call, std::chrono::milliseconds window);
  // How many listen is told by a call that is for nobody: all take it and none obeys.
  ControlTakers Takers(const exporter::CollectContext& context, RedisSession& session);

 private:
  struct Round;
  // The workers with a mailbox, as they were read at that moment.
  struct Read {
    std::vector<std::string> workers;
    exporter::SteadyTime at;
  };
  std::string ListKey() const { return names_.prefix + queue_; }
  const std::vector<std::string>& ReadWorkers(const exporter::CollectContext& context,
                                              RedisSession& session);
  // They are not read again for each of many calls.
  bool HasFreshWorkers() const;
  // Removes what exporters that were killed have left among the bindings, there and from the
  // list: with whatever separator, as it would fail workers that have another one.
  void RemoveLeft(const exporter::CollectContext& context, RedisSession& session,
                  std::vector<std::string>& bindings);
  // The list with its binding; throws, and leaves neither, if one is refused.
  void Open(const exporter::CollectContext& context, RedisSession& session, const Round& round,
            std::chrono::milliseconds window);
  // Removes both, as well as can be: after a failure.
  void Abandon(const exporter::CollectContext& context, RedisSession& session, const Round& round);
  std::vector<ControlReply> Ask(const exporter::CollectContext& context, RedisSession& session,
                                const Round& round, std::chrono::milliseconds window);
  // Returns how many replies there may be at most.
  std::size_t Publish(const exporter::CollectContext& context, RedisSession& session,
                      const Round& round);
  std::size_t PublishOn(const std::string& channel, const exporter::CollectContext& context,
                        RedisSession& session, const Round& round);
  // On those of the channels that `takes` has. But for the first, the usual one, few are in use:
  // if one of them is refused, nobody hears, and it is tried once, as each refusal is an entry of
  // the server's ACL LOG. Returns how many heard each.
  using Heard = std::map<std::string, std::size_t>;
  template <typename Takes>
  Heard PublishOnChannels(const exporter::CollectContext& context, RedisSession& session,
                          const Round& round, const Takes& takes);
  // The same, to workers by their names.
  Round Named(Round round) const;
  // Until so many replies have come, or by the deadline.
  void Await(const exporter::CollectContext& context, RedisSession& session, std::size_t replies,
             exporter::Deadline until);
  std::vector<ControlReply> Take(const exporter::CollectContext& context, RedisSession& session,
                                 const Round& round);

  RedisNames names_;
  std::string queue_;  // The list's name, without the prefix, which workers put before it.
  std::optional<Read> read_;
  Heard heard_;                    // By the last call that all were to hear.
  std::set<std::string> refused_;  // Channels.
};

}  // namespace collectors
