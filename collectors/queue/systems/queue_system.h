#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/clients/redis/redis_session.h"
#include "collectors/clients/redis/stream_lag.h"
#include "exporter/seam/collector.h"

namespace collectors {

// No more members of a set, groups of a stream or entries of a queue are looked
// at than this in one collection; what would need more is not known.
inline constexpr std::size_t kQueueMembersRead = 1000;

// The label `queue` of what a system keeps for all its queues together.
inline constexpr std::string_view kAllQueues = "*";

// A queue, by the configuration or found.
struct QueueTarget {
  std::string name;         // The label.
  std::string key;          // Its key in Redis, or its name in its own system.
  std::string group = {};   // Of a stream.
  std::string prefix = {};  // Of the system's keys.
};

// One word a meaning, in every system:
//   waiting    may be taken now
//   active     taken by a worker, not finished
//   stalled    taken by a worker that gives no sign of life
//   scheduled  not before a time that is yet to come
//   retry      has failed, and is tried again at its time
//   blocked    waits for other jobs
//   failed     given up, and kept
//   finished   done, and kept
// States of one queue share no entry. RabbitMQ's queues have waiting and unacked
// (delivered, not acknowledged) instead.
struct QueueDepth {
  std::string_view state;
  double depth;
};

// What is known of one queue; what the system cannot tell is absent.
struct QueueState {
  std::string queue;  // The label.
  std::vector<QueueDepth> depths = {};
  std::optional<double> oldest_age_seconds = std::nullopt;
  std::optional<double> consumers = std::nullopt;
  std::optional<bool> paused = std::nullopt;
  // Of a stream's group, which tells what waits.
  std::optional<StreamPlace> place = std::nullopt;
};

// What a question found out.
struct QueueAnswer {
  std::vector<QueueState> states = {};
  // Of a realm: consumers of each queue by its key, none of a queue that is not
  // in it. Absent where they are not known.
  std::optional<std::map<std::string, double, std::less<>>> consumers = std::nullopt;
  std::vector<exporter::CollectError> problems =
      {};  // While the rest is good; parts are not named.
};

// What to ask, and what the replies mean. What `commands` and `more` ask is of numbers
// and names, however large the entries are. Pure functions; they throw CollectError
// for an error among the replies (its kind) and for a wrong shape (kProtocol).
struct QueueQuestion {
  using Time = std::chrono::system_clock::time_point;
  using Replies = std::span<const RedisReply>;

  std::vector<RedisCommand> (*commands)(const QueueTarget& target, Time now);
  // What the first replies make it necessary to ask; null where nothing ever.
  std::vector<RedisCommand> (*more)(const QueueTarget& target, Replies first, Time now);
  // `replies` are those of the commands in their order, then those of `more`, then that of
  // `id`, then that of `entry`.
  QueueAnswer (*read)(const QueueTarget& target, Replies replies, Time now);
  // What to ask of the oldest entry for its age; null where nothing ever. `before` are
  // the replies to all else; no words where there is nothing to ask. An entry is of any
  // size: so this alone is asked sparingly (EntryBudget), and is nil where it is not
  // asked or is refused.
  RedisCommand (*entry)(const QueueTarget& target, Replies before, Time now) = nullptr;
  // What to ask for the id of the oldest entry, which may be of any size as well: asked as
  // an entry is; its reply stands before that of the entry. Null where an id is not needed.
  RedisCommand (*id)(const QueueTarget& target) = nullptr;
};

// How a system tells which queues it has.
struct QueueRegistry {
  // A step of SCAN or of SSCAN from the cursor.
  RedisCommand (*scan)(const std::string& prefix, const std::string& cursor);
  // The queue that an element of the reply stands for; none where it is another's.
  std::optional<std::string> (*queue)(const std::string& prefix, const std::string& found);
  // Where elements may be another system's, what to ask of each and the number that
  // the reply is for a queue of this; else null.
  RedisCommand (*proof)(const std::string& prefix, const std::string& queue) = nullptr;
  long long proven_by = 0;
  // An idle queue leaves no trace: one that was found is kept a day.
  bool leaves_no_trace = false;
  // A queue is named by its whole key, the prefix included.
  bool names_are_keys = false;
};

// A way to keep queues in Redis. To add one: write its functions in a file of
// systems/, then a row in queue_systems.cc.
struct QueueSystem {
  std::string_view name;
  std::string_view prefix;  // Of its keys, where the configuration names none.
  bool has_prefix = false;  // It may be another.
  bool has_group = false;
  const QueueQuestion* question = nullptr;  // About each queue.
  // About what is kept for all queues below one prefix; its target is called
  // kAllQueues. Null where nothing is.
  const QueueQuestion* realm = nullptr;
  const QueueRegistry* registry = nullptr;  // Null: no queue can be found.
};

}  // namespace collectors
