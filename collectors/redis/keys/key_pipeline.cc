#include "collectors/redis/keys/key_pipeline.h"

#include <utility>

#include "exporter/seam/collector.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

// Keys per MGET. Bounded so that the server can serve other clients in between.
constexpr std::size_t kKeysTogether = 1000;

}  // namespace

void KeyPipeline::Add(const std::string& key, RedisCommand words, bool may_share) {
  if (!takes_many_keys_ || !may_share || words[0] != "GET") {
    slots_.push_back({commands_.size(), 0, false});
    commands_.push_back({key, std::move(words)});
    return;
  }
  // words[0] is MGET, so the keys are words.size() - 1.
  if (!has_open_ || commands_[open_].words.size() > kKeysTogether) {
    open_ = commands_.size();
    has_open_ = true;
    commands_.push_back({key, {"MGET"}});
  }
  RedisCommand& together = commands_[open_].words;
  slots_.push_back({open_, together.size() - 1, true});
  together.push_back(key);
}

void KeyPipeline::Send(const exporter::CollectContext& context, KeyStore& store, int database) {
  replies_ = store.Ask(context, database, commands_);
  if (replies_.size() != commands_.size()) {
    throw CollectError(ErrorKind::kInternal, "a store that answers other than was asked");
  }
  for (std::size_t i = 0; i < replies_.size(); ++i) {
    const std::size_t keys = commands_[i].words.size() - 1;
    if (commands_[i].words[0] != "MGET" || replies_[i].type == RedisReply::Type::kError) continue;
    if (replies_[i].items.size() == keys) continue;
    throw CollectError(ErrorKind::kProtocol, "MGET: not as many values as keys");
  }
}

const RedisReply& KeyPipeline::Answer(std::size_t question) const {
  const Slot& slot = slots_[question];
  const RedisReply& reply = replies_[slot.command];
  if (!slot.is_shared || reply.type == RedisReply::Type::kError) return reply;
  return reply.items[slot.item];
}

}  // namespace collectors
