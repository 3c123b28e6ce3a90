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

// Numbers and names are read over the sturdy session. Entries, which are read sparingly anyway, are
// read over the session beneath it.
struct AskedServer {
  RedisSession& session;
  SturdySession& sturdy;
};

// Which oldest entries are read, and which of their ids.
struct EntryBudgets {
  EntryBudget ids;
  EntryBudget entries;
};

using QueueResult = std::variant<QueueAnswer, exporter::CollectError>;

// Sends all questions in one pipeline, and what their replies make it necessary to ask in a second
// one. Then sends the requests for the ids of the oldest entries and for the entries, in as many
// pipelines as the budgets make of them. Returns a result for each question, in their order. A
// question that fails does not affect the others, and an entry that is not read costs only its age.
// If many are not read for one reason, that is added to `problems` once. Throws if the server does
// not answer, is loading or wants a password.
std::vector<QueueResult> AskAll(const exporter::CollectContext& context, const AskedServer& server,
                                std::span<const AskedQueue> asked, QueueQuestion::Time now,
                                EntryBudgets& budgets,
                                std::vector<exporter::CollectError>& problems);

}  // namespace collectors
