#pragma once

#include <span>
#include <variant>
#include <vector>

#include "collectors/clients/redis_session.h"
#include "collectors/queue/entry_budget.h"
#include "collectors/queue/queue_system.h"
#include "exporter/collector.h"

namespace collectors {

// A question about one queue or realm. Both pointers must outlive it.
struct AskedQueue {
  const QueueQuestion* question;
  const QueueTarget* target;
};

using QueueResult = std::variant<QueueAnswer, exporter::CollectError>;

// Puts all questions in one pipeline, what their replies make it necessary to ask in a
// second one, and the oldest entries in as many as the budget makes of them. A result
// for each, in their order: one that fails costs itself alone, and an entry that is not
// read costs its age; what keeps many from being read is added to the problems, once.
// Throws where nobody answers, or where the server says to all that it is loading or
// wants a password.
std::vector<QueueResult> AskAll(const exporter::CollectContext& context, RedisSession& session,
                                std::span<const AskedQueue> asked, QueueQuestion::Time now,
                                EntryBudget& budget, std::vector<exporter::CollectError>& problems);

}  // namespace collectors
