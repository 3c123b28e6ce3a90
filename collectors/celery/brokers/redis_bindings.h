#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/celery/brokers/redis_names.h"
#include "collectors/celery/brokers/redis_routes.h"
#include "collectors/clients/redis/redis_session.h"
#include "exporter/seam/collector.h"

namespace collectors {

// Which queues there are, and which of them a message went to, by the bindings
// that Celery's programs keep in Redis: a set for each exchange, which outlives
// them. Found by SCAN, a part of the keyspace at a time; what a set holds is asked
// (SCARD) before all of it is (SMEMBERS). One thread at a time.
class RedisBindings {
 public:
  explicit RedisBindings(RedisNames names, std::size_t keys_a_walk = 100000);

  // Goes on through the keyspace, past about as many keys as allowed or for half
  // the time that is left. Throws CollectError; goes on from there the next time.
  void Walk(const exporter::CollectContext& context, RedisSession& session);

  // At most 1,000, sorted: without the queues of events, control calls and replies.
  // What was known stays until the keyspace has been gone through once more.
  std::vector<std::string> Queues() const;

  // Whether all bindings of the exchange have been read, so that a queue that is not
  // found is not there. The default exchange, of no name, needs none.
  bool IsKnown(const std::string& exchange) const;
  // Whether there are too many to be read.
  bool IsCut(const std::string& exchange) const { return !known_.IsKnown(exchange); }
  // The queues that a message went to; several where each got a copy.
  const std::vector<std::string>& QueuesOf(const std::string& exchange,
                                           const std::string& routing_key) {
    return known_.QueuesOf(exchange, routing_key);
  }
  // The last found set of mailboxes that is not that of control_exchange; empty if there is none.
  const std::string& other_mailboxes() const { return other_mailboxes_; }
  // There are more bindings than are read.
  std::optional<exporter::CollectError> Problem() const;

  // A member of an exchange's set: routing key, pattern and queue. Bounded.
  void Add(const std::string& exchange, std::string_view member) { found_.Add(exchange, member); }
  // What was added is all there is.
  void EndWalk();

 private:
  // An exchange's set, of the walk under way.
  struct Set {
    std::string exchange;
    std::string key;
  };

  void BeginWalk();
  void NoteMailboxes(const Set& set);
  // The next part of the keyspace.
  RedisReply Scan(const exporter::CollectContext& context, RedisSession& session);
  void ReadSets(const exporter::CollectContext& context, RedisSession& session,
                const RedisReply& keys);
  // Those that are not too large; cuts the others.
  std::vector<Set> Small(const exporter::CollectContext& context, RedisSession& session,
                         std::vector<Set> sets);

  RedisNames names_;
  std::size_t keys_a_walk_;
  std::string cursor_ = "0";
  std::uint64_t connection_ = 0;  // That the cursor is of.
  RedisRoutes known_;             // Of the last whole walk.
  RedisRoutes found_;             // Of the one under way.
  std::size_t members_ = 0;       // Read in the one under way.
  std::string other_mailboxes_;   // Of the last whole walk.
  std::string found_mailboxes_;   // Of the one under way.
  bool is_whole_ = false;         // There was a whole walk.
};

}  // namespace collectors
