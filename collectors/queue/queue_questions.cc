#include "collectors/queue/queue_questions.h"

#include <chrono>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;
using Time = QueueQuestion::Time;

constexpr char kOldest[] = "the oldest entry: ";
constexpr char kLargeEntry[] =
    "the oldest entry is of more than 1 MiB, or did not come in time: its age is not read, and "
    "is tried again rarely";
constexpr char kManyEntries[] =
    "more than 4 MiB: the oldest entries of some queues, and so their ages, are not read";
constexpr char kEntries[] = "oldest entries";

// A question in progress.
struct Asking {
  AskedQueue asked;
  std::size_t waits_for = 0;  // Replies in the present pipeline.
  std::vector<RedisReply> replies = {};
  std::optional<CollectError> failed = std::nullopt;
  // The command for the oldest entry; whether the last reply is the entry; why that reply is nil.
  RedisCommand entry = {};
  bool has_entry = false;
  std::optional<CollectError> ageless = std::nullopt;
};

// A server that is loading, or wants a password, answers every command like this.
void Fail(Asking& asking, const CollectError& error) {
  if (error.kind() == ErrorKind::kConnect || error.kind() == ErrorKind::kAuth) throw error;
  asking.failed = error;
}

// Sends what `commands` returns for each question in one pipeline, and keeps the replies.
template <typename Commands>
void Send(const CollectContext& context, SturdySession& session, std::vector<Asking>& all,
          Commands commands) {
  std::vector<RedisCommand> pipeline;
  for (Asking& asking : all) {
    asking.waits_for = 0;
    if (asking.failed) continue;
    try {
      std::vector<RedisCommand> own = commands(asking);
      asking.waits_for = own.size();
      std::move(own.begin(), own.end(), std::back_inserter(pipeline));
    } catch (const CollectError& error) {
      Fail(asking, error);
    }
  }
  if (pipeline.empty()) return;
  std::vector<RedisReply> replies = session.Ask(context, pipeline);
  auto next = replies.begin();
  for (Asking& asking : all) {
    const auto end = next + static_cast<std::ptrdiff_t>(asking.waits_for);
    std::move(next, end, std::back_inserter(asking.replies));
    next = end;
  }
}

std::size_t BytesOf(const RedisReply& reply) {
  std::size_t bytes = reply.text.size();
  for (const RedisReply& item : reply.items) bytes += BytesOf(item);
  return bytes;
}

RedisCommand IdOf(const Asking& asking, Time) {
  const auto& [question, target] = asking.asked;
  return question->id == nullptr ? RedisCommand() : question->id(*target);
}

RedisCommand EntryOf(const Asking& asking, Time now) {
  const auto& [question, target] = asking.asked;
  if (question->entry == nullptr) return {};
  return question->entry(*target, asking.replies, now);
}

using Wanted = RedisCommand (*)(const Asking& asking, Time now);

// The questions in progress that have a command for an entry, or for its id, in the order of the
// budget's indices.
std::vector<Asking*> WithEntries(std::vector<Asking>& all, Time now, Wanted wanted,
                                 EntryBudget& budget) {
  std::vector<Asking*> wanting;
  std::vector<EntryBudget::Id> ids;
  for (Asking& asking : all) {
    const auto& [question, target] = asking.asked;
    asking.has_entry = false;
    asking.entry.clear();
    if (asking.failed) continue;
    try {
      asking.entry = wanted(asking, now);
    } catch (const CollectError& error) {
      Fail(asking, error);
    }
    if (asking.entry.empty()) continue;
    wanting.push_back(&asking);
    ids.emplace_back(question, target->prefix, target->key);
  }
  budget.Begin(ids, std::chrono::steady_clock::now());
  return wanting;
}

// A refused entry costs only its age.
void TakeEntry(RedisReply reply, Asking& asking) {
  if (reply.type == RedisReply::Type::kError) {
    const CollectError error = RedisError(std::string(kOldest) + asking.entry.front(), reply);
    if (error.kind() == ErrorKind::kConnect || error.kind() == ErrorKind::kAuth) throw error;
    asking.ageless.emplace(error);
    reply = RedisReply();
  }
  asking.replies.push_back(std::move(reply));
  asking.has_entry = true;
}

void SendPiece(const CollectContext& context, RedisSession& session,
               const std::vector<Asking*>& piece, EntryBudget& budget) {
  std::vector<RedisCommand> pipeline;
  pipeline.reserve(piece.size());
  for (const Asking* asking : piece) pipeline.push_back(asking->entry);
  std::vector<RedisReply> replies = session.Pipeline(context, pipeline);
  std::vector<std::size_t> bytes;
  for (std::size_t i = 0; i < piece.size(); ++i) {
    bytes.push_back(BytesOf(replies[i]));
    TakeEntry(std::move(replies[i]), *piece[i]);
  }
  budget.Took(bytes);
}

// Asks for entries until the budget ends it. If a pipeline breaks because it is too large or too
// slow, returns the reason: the counts are still good.
std::optional<CollectError> SendPieces(const CollectContext& context, RedisSession& session,
                                       const std::vector<Asking*>& wanting, EntryBudget& budget) {
  for (auto places = budget.Next(); !places.empty(); places = budget.Next()) {
    std::vector<Asking*> piece;
    piece.reserve(places.size());
    for (const std::size_t place : places) piece.push_back(wanting[place]);
    try {
      SendPiece(context, session, piece, budget);
    } catch (const CollectError& error) {
      if (error.kind() != ErrorKind::kTimeout && error.kind() != ErrorKind::kProtocol &&
          error.kind() != ErrorKind::kLimit) {
        throw;
      }
      budget.Broke();
      return error.Of(kEntries);
    }
  }
  return std::nullopt;
}

// The reply of an entry that was not read is nil. So is that of an entry that turned out too large:
// it will not be read in the next collections, and a series that comes and goes is of no use.
void SendEntries(const CollectContext& context, RedisSession& session, std::vector<Asking>& all,
                 Time now, Wanted wanted, EntryBudget& budget,
                 std::vector<CollectError>& problems) {
  const std::vector<Asking*> wanting = WithEntries(all, now, wanted, budget);
  const auto broke = SendPieces(context, session, wanting, budget);
  bool is_cut = false;
  for (std::size_t place = 0; place < wanting.size(); ++place) {
    Asking& asking = *wanting[place];
    const bool rests = budget.Rests(place);
    if (asking.has_entry && !rests) continue;
    if (!asking.has_entry) asking.replies.emplace_back();
    asking.replies.back() = RedisReply();
    if (rests) asking.ageless = CollectError(ErrorKind::kLimit, kLargeEntry);
    is_cut |= !rests;
  }
  // One problem, however many queues there are.
  if (is_cut) {
    problems.push_back(broke.value_or(CollectError(ErrorKind::kLimit, kManyEntries, kEntries)));
  }
}

QueueResult ResultOf(Asking& asking, Time now) {
  const AskedQueue& asked = asking.asked;
  try {
    if (!asking.failed) {
      QueueAnswer answer = asked.question->read(*asked.target, asking.replies, now);
      if (asking.ageless) answer.problems.push_back(*asking.ageless);
      return answer;
    }
  } catch (const CollectError& error) {
    Fail(asking, error);
  }
  return *asking.failed;
}

}  // namespace

std::vector<QueueResult> AskAll(const CollectContext& context, const AskedServer& server,
                                std::span<const AskedQueue> asked, Time now, EntryBudgets& budgets,
                                std::vector<CollectError>& problems) {
  std::vector<Asking> all;
  for (const AskedQueue& one : asked) all.push_back({.asked = one});
  Send(context, server.sturdy, all, [now](const Asking& asking) {
    return asking.asked.question->commands(*asking.asked.target, now);
  });
  Send(context, server.sturdy, all, [now](const Asking& asking) {
    const QueueQuestion& question = *asking.asked.question;
    if (question.more == nullptr) return std::vector<RedisCommand>();
    return question.more(*asking.asked.target, asking.replies, now);
  });
  SendEntries(context, server.session, all, now, IdOf, budgets.ids, problems);
  SendEntries(context, server.session, all, now, EntryOf, budgets.entries, problems);
  std::vector<QueueResult> results;
  results.reserve(all.size());
  for (Asking& asking : all) results.push_back(ResultOf(asking, now));
  return results;
}

}  // namespace collectors
