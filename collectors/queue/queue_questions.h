#pragma once

#include <span>
#include <variant>
#include <vector>

#include "collectors/clients/redis/sturdy_session.h"
#include "collectors/queue/entry_budget.h"
#include "collectors/queue/systems/queue_system.h"
#include "exporter/seam/collector.h"

namespace collectors {

// A question about one queue or realm. Both pointers must outlive it.
struct AskedQueue {
  const QueueQuestion* question;
  const QueueTarget* target;
};

// Who is asked: numbers and names by the sturdy session, and entries, which are asked
// sparingly anyway, by the session that it is of.
struct AskedServer {
  RedisSession& session;
  SturdySession& sturdy;
};

// Which oldest entries are read, and which ids of such.
struct EntryBudgets {
  EntryBudget ids;
  EntryBudget entries;
};

using QueueResult = std::variant<QueueAnswer, exporter::CollectError>;

// Puts all questions in one pipeline, what their replies make it necessary to ask in a
// second one, and the oldest entries, after their ids, in as many as the budgets make of them. A
// result for each, in their order: one that fails costs itself alone, and an entry that is not read
// costs its age; what keeps many from being read is added to the problems, once. Throws where
// nobody answers, or where the server says to all that it is loading or wants a password.
std::vector<QueueResult> AskAll(const exporter::CollectContext& context, const AskedServer& server,
                                std::span<const AskedQueue> asked, QueueQuestion::Time now,
                                EntryBudgets& budgets,
                                std::vector<exporter::CollectError>& problems);

}  // namespace collectors
