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

// Control calls over Redis: published to all workers. The workers that are asked push their replies
// onto a list. Nothing is published unless every worker can reply (WorkersToAsk).
//
// The list and its binding are named like those of Celery's own replies, so that a worker may write
// them even if its access rule allows only what Celery itself needs. All clients of Celery share
// the set of bindings: only our own members are added and removed, and the set never gets a time to
// live.
//
// A worker may reply hours later (one of the solo pool, when its task ends) and would then leave a
// list behind for ever. So the binding exists only during a round: kombu drops a reply that has no
// binding. The list is made first, with a placeholder and a time to live, and outlives the binding.
//
// If the exporter is killed in a round, its binding stays. It does no harm: its routing key is of
// that round alone, so that only a late reply to that round finds it. The list expires. A reply
// that comes even later makes the list again, without an end. The next round of any exporter
// removes both: a binding of this kind is abandoned if its list does not end in the placeholder.
//
// Missing rights are noticed before anything is created. Commands: SCARD, SMEMBERS, LINDEX, DEL,
// SREM, EXPIRE, RPUSH, SADD, PUBLISH, LLEN, LRANGE. One thread at a time.
class RedisControl {
 public:
  explicit RedisControl(RedisNames names);

  std::vector<ControlReply> Call(const exporter::CollectContext& context, RedisSession& session,
                                 const ControlCall& call, std::chrono::milliseconds window);
  // Counts the listeners by a call that is addressed to nobody: all receive it and none replies.
  ControlTakers Takers(const exporter::CollectContext& context, RedisSession& session);

 private:
  struct Round;
  // The workers with a mailbox, as read at that moment.
  struct Read {
    std::vector<std::string> workers;
    exporter::SteadyTime at;
  };
  std::string ListKey() const { return names_.prefix + queue_; }
  const std::vector<std::string>& ReadWorkers(const exporter::CollectContext& context,
                                              RedisSession& session);
  // Whether read_ is recent: it is not read again for each of many calls.
  bool HasFreshWorkers() const;
  // Removes what killed exporters have left among the bindings, in Redis and from `bindings`. Also
  // removes bindings with another separator: a worker that has a different one would fail by them.
  void RemoveLeft(const exporter::CollectContext& context, RedisSession& session,
                  std::vector<std::string>& bindings);
  // Creates the list and its binding. If one is refused, throws and leaves neither.
  void Open(const exporter::CollectContext& context, RedisSession& session, const Round& round,
            std::chrono::milliseconds window);
  // Removes both after a failure, as far as possible.
  void Abandon(const exporter::CollectContext& context, RedisSession& session, const Round& round);
  std::vector<ControlReply> Ask(const exporter::CollectContext& context, RedisSession& session,
                                const Round& round, std::chrono::milliseconds window);
  // Returns how many replies there may be at most.
  std::size_t Publish(const exporter::CollectContext& context, RedisSession& session,
                      const Round& round);
  std::size_t PublishOn(const std::string& channel, const exporter::CollectContext& context,
                        RedisSession& session, const Round& round);
  // Publishes on the channels that `takes` selects. Apart from the first, usual one, few are in
  // use: if one of these is refused, it counts as unheard and is not tried again, because each
  // refusal is an entry of the server's ACL LOG. Returns how many heard each channel.
  using Heard = std::map<std::string, std::size_t>;
  template <typename Takes>
  Heard PublishOnChannels(const exporter::CollectContext& context, RedisSession& session,
                          const Round& round, const Takes& takes);
  // The same, addressed to workers by name.
  Round Named(Round round) const;
  // Waits until this many replies have come, or `until`.
  void Await(const exporter::CollectContext& context, RedisSession& session, std::size_t replies,
             exporter::Deadline until);
  std::vector<ControlReply> Take(const exporter::CollectContext& context, RedisSession& session,
                                 const Round& round);

  RedisNames names_;
  std::string queue_;  // The list's name without the prefix, which workers add.
  std::optional<Read> read_;
  Heard heard_;                    // By the last Takers().
  std::set<std::string> refused_;  // Channels that may not be used.
};

}  // namespace collectors
