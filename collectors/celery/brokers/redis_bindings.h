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

// Which queues there are, and which of them a message went to, by the bindings that Celery's
// programs keep in Redis: a set for each exchange, which outlives the programs. Finds the sets by
// SCAN, a part of the keyspace at a time. Asks for the size of a set (SCARD) before it reads the
// set (SMEMBERS). One thread at a time.
class RedisBindings {
 public:
  explicit RedisBindings(RedisNames names, std::size_t keys_a_walk = 100000);

  // Walks on through the keyspace, for about keys_a_walk keys or half of the remaining time. Throws
  // CollectError; the next call goes on from there.
  void Walk(const exporter::CollectContext& context, RedisSession& session);

  // At most 1,000, sorted, without the queues of events, control calls and replies. Known queues
  // stay until the keyspace has been walked through once more.
  std::vector<std::string> Queues() const;

  // Whether all bindings of the exchange have been read, so that a queue that is not found does not
  // exist. The default exchange, which has an empty name, needs no bindings.
  bool IsKnown(const std::string& exchange) const;
  // Whether the exchange has too many bindings to be read.
  bool IsCut(const std::string& exchange) const { return !known_.IsKnown(exchange); }
  // The queues that a message went to; several if each got a copy.
  const std::vector<std::string>& QueuesOf(const std::string& exchange,
                                           const std::string& routing_key) {
    return known_.QueuesOf(exchange, routing_key);
  }
  // Key of the last set of mailboxes that was found under another control_exchange; empty if there
  // is none.
  const std::string& other_mailboxes() const { return other_mailboxes_; }
  // Present if there are more bindings than are read.
  std::optional<exporter::CollectError> Problem() const;

  // Adds a member of an exchange's set: routing key, pattern and queue. Bounded.
  void Add(const std::string& exchange, std::string_view member) { found_.Add(exchange, member); }
  // Ends the walk: what was added is complete.
  void EndWalk();

 private:
  // An exchange's set, found in the current walk.
  struct Set {
    std::string exchange;
    std::string key;
  };

  void BeginWalk();
  void NoteMailboxes(const Set& set);
  // Returns the next part of the keyspace.
  RedisReply Scan(const exporter::CollectContext& context, RedisSession& session);
  void ReadSets(const exporter::CollectContext& context, RedisSession& session,
                const RedisReply& keys);
  // Returns the sets that are not too large; cuts the exchanges of the others.
  std::vector<Set> Small(const exporter::CollectContext& context, RedisSession& session,
                         std::vector<Set> sets);

  RedisNames names_;
  std::size_t keys_a_walk_;
  std::string cursor_ = "0";
  std::uint64_t connection_ = 0;  // The one that the cursor belongs to.
  RedisRoutes known_;             // Of the last complete walk.
  RedisRoutes found_;             // Of the current walk.
  std::size_t members_ = 0;       // Read in the current walk.
  std::string other_mailboxes_;   // Of the last complete walk.
  std::string found_mailboxes_;   // Of the current walk.
  bool is_whole_ = false;         // A walk has been completed.
};

}  // namespace collectors
