#include "collectors/redis/keys/session_store.h"

namespace collectors {

using exporter::CollectContext;

std::vector<RedisReply> SessionStore::Ask(const CollectContext& context, int database,
                                          const std::vector<KeyCommand>& commands) {
  std::vector<RedisCommand> words;
  words.reserve(commands.size());
  for (const KeyCommand& command : commands) words.push_back(command.words);
  return sturdy_.Ask(context, words, database);
}

std::vector<RedisReply> SessionStore::AskShard(const CollectContext& context, std::size_t /*shard*/,
                                               int database,
                                               const std::vector<RedisCommand>& commands) {
  return sturdy_.Ask(context, commands, database);
}

}  // namespace collectors
