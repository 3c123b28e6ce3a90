#include "collectors/clients/redis/sturdy_session.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using exporter::SteadyTime;

constexpr std::chrono::minutes kFirstRest{10};
constexpr std::chrono::hours kLongestRest{6};
constexpr std::size_t kMostOffences = 1000;
constexpr std::size_t kLongestName = 1024;
// Bounds the replies of a call: each pipeline may bring as much as its own bounds allow.
constexpr int kMostPipelines = 8;

bool IsBreak(ErrorKind kind) {
  return kind == ErrorKind::kTimeout || kind == ErrorKind::kConnect ||
         kind == ErrorKind::kProtocol || kind == ErrorKind::kLimit;
}

// The first word of the error reply; KindOfRedisError() maps it back to the kind.
std::string_view WordFor(ErrorKind kind) {
  if (kind == ErrorKind::kLimit) return "TOOLARGE";
  return kind == ErrorKind::kTimeout ? "NOREPLY" : "BROKEN";
}

RedisReply ErrorReply(ErrorKind kind, const std::string& what) {
  RedisReply reply;
  reply.type = RedisReply::Type::kError;
  reply.text = std::string(WordFor(kind)) + " " + what;
  return reply;
}

bool IsNumber(std::string_view word) {
  return word == "-inf" || word == "+inf" ||
         word.find_first_not_of("0123456789.-(") == std::string_view::npos;
}

// The key of a command in offences_. Leaves out the numbers of sorted set commands: their ranges
// hold times, which differ at each call.
std::string NameOf(const RedisCommand& command) {
  const bool has_times = command.front().starts_with('Z');
  std::string name;
  for (const std::string& word : command) {
    if (has_times && IsNumber(word)) continue;
    name += word + " ";
    if (name.size() > kLongestName) break;
  }
  return name;
}

CollectContext PartOf(const CollectContext& context, int part) {
  return {Deadline::After(context.deadline.Remaining() / part), context.watchdog};
}

}  // namespace

struct SturdySession::Batch {
  const std::vector<RedisCommand>& commands;
  std::optional<int> database;
  SteadyTime now;
  std::vector<RedisReply> replies;
  std::vector<std::size_t> places = {};  // Of the commands to send in one pipeline.
  bool is_answered = false;              // Some command has been answered.
  // The command that broke the last pipeline, unless the server turns out to be gone.
  std::optional<std::pair<std::size_t, CollectError>> blamed = {};
};

std::vector<RedisReply> SturdySession::Ask(const CollectContext& context,
                                           const std::vector<RedisCommand>& commands,
                                           std::optional<int> database) {
  return AskAt(std::chrono::steady_clock::now(), context, commands, database);
}

std::vector<RedisReply> SturdySession::AskAt(SteadyTime now, const CollectContext& context,
                                             const std::vector<RedisCommand>& commands,
                                             std::optional<int> database) {
  Batch batch{commands, database, now, std::vector<RedisReply>(commands.size())};
  std::vector<std::size_t> suspects;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const auto offence = offences_.empty() ? offences_.end() : offences_.find(NameOf(commands[i]));
    if (offence == offences_.end()) {
      batch.places.push_back(i);
    } else if (offence->second.until <= now) {
      suspects.push_back(i);
    } else {
      batch.replies[i] = offence->second.reply;
    }
  }
  AskPlaces(context, batch);
  for (const std::size_t place : suspects) AskSuspect(context, batch, place);
  return std::move(batch.replies);
}

void SturdySession::AskPlaces(const CollectContext& context, Batch& batch) {
  for (int pipeline = 0; !batch.places.empty(); ++pipeline) {
    if (pipeline == kMostPipelines) {
      for (const std::size_t place : std::exchange(batch.places, {})) {
        batch.replies[place] = ErrorReply(ErrorKind::kLimit, "the answers before it were too much");
      }
    } else {
      AskOnce(context, batch);
    }
  }
  SettleBlame(batch);
}

void SturdySession::AskOnce(const CollectContext& context, Batch& batch) {
  // The PING shows whether the server is gone: then no command is blamed.
  std::vector<RedisCommand> sent;
  if (batch.blamed) sent.push_back({"PING"});
  const std::size_t ahead = sent.size();
  for (const std::size_t place : batch.places) sent.push_back(batch.commands[place]);
  std::vector<RedisReply> came;
  std::optional<CollectError> broke;
  try {
    session_.PipelineInto(PartOf(context, 2), sent, batch.database, came);
  } catch (const CollectError& error) {
    const bool is_alone = came.empty() && sent.size() == 1 && error.kind() != ErrorKind::kLimit;
    if (!IsBreak(error.kind()) || came.size() < ahead || is_alone) {
      // The blamed command may still keep the server busy: the next run sends it alone and finds
      // out.
      if (batch.is_answered) SettleBlame(batch);
      throw;
    }
    broke = error;
  }
  SettleBlame(batch);
  const std::size_t done = came.size() - ahead;
  batch.is_answered = batch.is_answered || done > 0;
  for (std::size_t i = 0; i < done; ++i) {
    batch.replies[batch.places[i]] = std::move(came[ahead + i]);
  }
  batch.places.erase(batch.places.begin(),
                     batch.places.begin() + static_cast<std::ptrdiff_t>(done));
  if (broke) TakeBreak(*broke, done == 0, batch);
}

void SturdySession::TakeBreak(const CollectError& error, bool is_first, Batch& batch) {
  const bool is_large = error.kind() == ErrorKind::kLimit;
  // The replies before it may have used up the bounds.
  if (is_large && !is_first) return;
  if (is_large) {
    Blame(error, true, batch, batch.places.front());
  } else {
    batch.blamed.emplace(batch.places.front(), error);
  }
  batch.places.erase(batch.places.begin());
}

void SturdySession::SettleBlame(Batch& batch) {
  if (batch.blamed) Blame(batch.blamed->second, false, batch, batch.blamed->first);
  batch.blamed.reset();
}

void SturdySession::AskSuspect(const CollectContext& context, Batch& batch, std::size_t place) {
  std::vector<RedisReply> came;
  try {
    session_.PipelineInto(PartOf(context, 4), {{"PING"}, batch.commands[place]}, batch.database,
                          came);
    offences_.erase(NameOf(batch.commands[place]));
    batch.replies[place] = std::move(came.back());
  } catch (const CollectError& error) {
    if (!IsBreak(error.kind())) throw;
    Blame(error, !came.empty(), batch, place);
  }
}

void SturdySession::Blame(const CollectError& error, bool is_proven, Batch& batch,
                          std::size_t place) {
  RedisReply& reply = batch.replies[place];
  reply = ErrorReply(error.kind(), std::string(error.what()) + " (it is asked again rarely)");
  const std::string name = NameOf(batch.commands[place]);
  if (name.size() > kLongestName) return;
  if (offences_.size() >= kMostOffences && !offences_.contains(name)) {
    std::erase_if(offences_, [&](const auto& known) { return known.second.until <= batch.now; });
    if (offences_.size() >= kMostOffences) return;
  }
  Offence& offence = offences_[name];
  if (is_proven) {
    offence.rest = std::clamp<std::chrono::seconds>(2 * offence.rest, kFirstRest, kLongestRest);
  }
  offence.reply = reply;
  offence.until = batch.now + (is_proven ? offence.rest : std::chrono::seconds(0));
}

}  // namespace collectors
