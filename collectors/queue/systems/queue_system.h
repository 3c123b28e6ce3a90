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

// In one collection at most this many members of a set, groups of a stream or entries of a queue
// are read; what would need more is not known.
inline constexpr std::size_t kQueueMembersRead = 1000;

// The label `queue` for what a system keeps for all its queues together.
inline constexpr std::string_view kAllQueues = "*";

// A queue, configured or found.
struct QueueTarget {
  std::string name;         // The label.
  std::string key;          // Its key in Redis, or its name in the system.
  std::string group = {};   // Of a stream.
  std::string prefix = {};  // Of the system's keys.
};

// The states mean the same in every system:
//   waiting    can be taken now
//   active     taken by a worker, not finished
//   stalled    taken by a worker that gives no sign of life
//   scheduled  due at a later time
//   retry      has failed, and is tried again when due
//   blocked    waits for other jobs
//   failed     given up, and kept
//   finished   done, and kept
// An entry is in one state of a queue at most. RabbitMQ's queues have waiting and unacked
// (delivered, not acknowledged) instead.
struct QueueDepth {
  std::string_view state;
  double depth;
};

// What is known about one queue; absent if the system cannot report it.
struct QueueState {
  std::string queue;  // The label.
  std::vector<QueueDepth> depths = {};
  std::optional<double> oldest_age_seconds = std::nullopt;
  std::optional<double> consumers = std::nullopt;
  std::optional<bool> paused = std::nullopt;
  // Of a stream's group: shows how much waits.
  std::optional<StreamPlace> place = std::nullopt;
};

// The answer to a question.
struct QueueAnswer {
  std::vector<QueueState> states = {};
  // Of a realm: consumers of each queue by its key; a queue that is not in it has none. Absent if
  // they are not known.
  std::optional<std::map<std::string, double, std::less<>>> consumers = std::nullopt;
  std::vector<exporter::CollectError> problems =
      {};  // Reported beside good results, without a part.
};

// What to ask, and what the replies mean. `commands` and `more` ask only for numbers and names,
// however large the entries are. Pure functions. They throw CollectError: for an error among the
// replies with its kind, for a wrong shape with kProtocol.
struct QueueQuestion {
  using Time = std::chrono::system_clock::time_point;
  using Replies = std::span<const RedisReply>;

  std::vector<RedisCommand> (*commands)(const QueueTarget& target, Time now);
  // What the first replies make it necessary to ask; null if that is always nothing.
  std::vector<RedisCommand> (*more)(const QueueTarget& target, Replies first, Time now);
  // `replies` are those to the commands in their order, then those to `more`, then that to `id`,
  // then that to `entry`.
  QueueAnswer (*read)(const QueueTarget& target, Replies replies, Time now);
  // The command for the oldest entry, which shows its age; null if that is never known. `before`
  // are the replies to everything else. An empty command asks nothing. An entry may have any size,
  // so this alone is asked sparingly (EntryBudget); its reply is nil if it was not asked or was
  // refused.
  RedisCommand (*entry)(const QueueTarget& target, Replies before, Time now) = nullptr;
  // The command for the id of the oldest entry. An id may have any size as well, so it is asked
  // like an entry; its reply stands before that of the entry. Null if no id is needed.
  RedisCommand (*id)(const QueueTarget& target) = nullptr;
};

// How to find the queues of a system.
struct QueueRegistry {
  // A step of SCAN or of SSCAN from the cursor.
  RedisCommand (*scan)(const std::string& prefix, const std::string& cursor);
  // The queue that an element of the reply stands for; absent if it is another system's.
  std::optional<std::string> (*queue)(const std::string& prefix, const std::string& found);
  // If elements may be another system's: the command to ask about each, and the number that is the
  // reply for a queue of this system. Else null.
  RedisCommand (*proof)(const std::string& prefix, const std::string& queue) = nullptr;
  long long proven_by = 0;
  // An idle queue leaves no trace: a found queue is kept for a day.
  bool leaves_no_trace = false;
  // A queue's name is its whole key, including the prefix.
  bool names_are_keys = false;
};

// A way to keep queues in Redis. To add one, write its functions in a file of this folder, then add
// it to queue_systems.cc.
struct QueueSystem {
  std::string_view name;
  std::string_view prefix;  // Of its keys, if the configuration gives none.
  bool has_prefix = false;  // The configuration may give another one.
  bool has_group = false;
  const QueueQuestion* question = nullptr;  // About each queue.
  // About what is kept for all queues below one prefix; the target's name is kAllQueues. Null if
  // nothing is.
  const QueueQuestion* realm = nullptr;
  const QueueRegistry* registry = nullptr;  // Null: queues cannot be found.
};

}  // namespace collectors
