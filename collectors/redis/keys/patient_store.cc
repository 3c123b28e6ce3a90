#include "collectors/redis/keys/patient_store.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;

constexpr std::chrono::minutes kAskAgain{10};
// Commands for which an ACL may allow single subcommands.
constexpr std::string_view kWithSubcommands[] = {"MEMORY", "XINFO"};

std::string NameOf(const RedisCommand& words) {
  const bool has_subcommand = words.size() > 1 && std::ranges::find(kWithSubcommands, words[0]) !=
                                                      std::end(kWithSubcommands);
  return has_subcommand ? words[0] + " " + words[1] : words[0];
}

// Whether the whole command is refused. A refusal for one key does not count: another key may be
// allowed (src/acl.c, "to access one of the keys").
bool IsOfTheCommand(const RedisReply& reply) {
  return reply.type == RedisReply::Type::kError &&
         KindOfRedisError(reply.text) == exporter::ErrorKind::kPermission &&
         reply.text.find("to access") == std::string::npos;
}

const RedisCommand& WordsOf(const RedisCommand& command) { return command; }
const RedisCommand& WordsOf(const KeyCommand& command) { return command.words; }

}  // namespace

const RedisReply* PatientStore::RefusalOf(const RedisCommand& words) const {
  if (refusals_.empty()) return nullptr;
  const auto refusal = refusals_.find(NameOf(words));
  const bool holds = refusal != refusals_.end() && now_ < refusal->second.until;
  return holds ? &refusal->second.reply : nullptr;
}

void PatientStore::Note(const RedisCommand& words, const RedisReply& reply) {
  if (IsOfTheCommand(reply)) {
    refusals_.insert_or_assign(NameOf(words), Refusal{now_ + kAskAgain, reply});
  }
}

template <typename Command, typename Sender>
std::vector<RedisReply> PatientStore::AskAllowed(int database, const std::vector<Command>& commands,
                                                 Sender ask) try {
  if (const auto closed = databases_.find(database); closed != databases_.end()) {
    if (now_ < closed->second.until) throw CollectError(closed->second.error);
    databases_.erase(closed);
  }
  std::vector<RedisReply> replies(commands.size());
  std::vector<Command> allowed;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (const RedisReply* refusal = RefusalOf(WordsOf(commands[i]))) {
      replies[i] = *refusal;
    } else {
      allowed.push_back(commands[i]);
      places.push_back(i);
    }
  }
  if (allowed.empty()) return replies;
  std::vector<RedisReply> answers = ask(allowed);
  for (std::size_t i = 0; i < places.size(); ++i) {
    Note(WordsOf(allowed[i]), answers.at(i));
    replies[places[i]] = std::move(answers[i]);
  }
  return replies;
} catch (const CollectError& error) {
  // The refusal of a command is a reply, so the exception is about the SELECT.
  if (error.kind() == exporter::ErrorKind::kPermission) {
    databases_.try_emplace(database, Closed{now_ + kAskAgain, error});
  }
  throw;
}

std::vector<RedisReply> PatientStore::Ask(const CollectContext& context, int database,
                                          const std::vector<KeyCommand>& commands) {
  return AskAllowed(database, commands, [&](const std::vector<KeyCommand>& allowed) {
    return store_.Ask(context, database, allowed);
  });
}

std::vector<RedisReply> PatientStore::AskShard(const CollectContext& context, std::size_t shard,
                                               int database,
                                               const std::vector<RedisCommand>& commands) {
  return AskAllowed(database, commands, [&](const std::vector<RedisCommand>& allowed) {
    return store_.AskShard(context, shard, database, allowed);
  });
}

}  // namespace collectors
