#include "collectors/redis/keys/key_group_part.h"

#include <algorithm>
#include <utility>

namespace collectors {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Reading;

namespace {

constexpr char kPart[] = "key_groups";

// Whether the user may not ask for sizes. The reply for a key that was deleted meanwhile is not an
// error.
bool IsRefusal(const RedisReply& reply) {
  return reply.type == RedisReply::Type::kError &&
         KindOfRedisError(reply.text) == exporter::ErrorKind::kPermission;
}

std::uint64_t SizeOf(const RedisReply& reply) {
  const bool is_size = reply.type == RedisReply::Type::kInteger && reply.integer > 0;
  return is_size ? static_cast<std::uint64_t>(reply.integer) : 0;
}

}  // namespace

KeyGroupSearch::KeyGroupSearch(int database, const KeyGrouping& grouping,
                               const KeyGroupRules& rules)
    : database_(database), grouping_(grouping), rules_(rules) {}

void KeyGroupSearch::AskOf(const CollectContext* context, KeyStore* store) {
  context_ = context;
  store_ = store;
}

void KeyGroupSearch::WalkBegan() {
  fresh_ = KeyGroupTally();
  is_refused_ = false;
  asking_ = {};
}

std::vector<std::uint64_t> KeyGroupSearch::SizesOf(const KeyBatch& batch) {
  if (!rules_.memory || is_refused_ || batch.keys.empty()) return {};
  std::vector<RedisCommand> commands;
  commands.reserve(batch.keys.size());
  for (const std::string& key : batch.keys) commands.push_back({"MEMORY", "USAGE", key});
  const auto start = std::chrono::steady_clock::now();
  const auto replies = store_->AskShard(*context_, batch.shard, database_, commands);
  asking_ += std::chrono::steady_clock::now() - start;
  // If one size is missing, the sum of its group is wrong, so no sizes are shown.
  if (const auto refusal = std::ranges::find_if(replies, IsRefusal); refusal != replies.end()) {
    is_refused_ = true;
    const CollectError error = RedisError("MEMORY USAGE", *refusal);
    problem_ = error.Of(kPart);
    return {};
  }
  std::vector<std::uint64_t> sizes;
  sizes.reserve(replies.size());
  for (const RedisReply& reply : replies) sizes.push_back(SizeOf(reply));
  return sizes;
}

void KeyGroupSearch::KeysFound(const KeyBatch& batch) {
  const std::vector<std::uint64_t> sizes = SizesOf(batch);
  for (std::size_t i = 0; i < batch.keys.size(); ++i) {
    fresh_.Add(grouping_.GroupOf(batch.keys[i]), i < sizes.size() ? sizes[i] : 0);
  }
}

void KeyGroupSearch::WalkEnded() {
  known_ = std::make_unique<KeyGroupTally>(std::move(fresh_));
  if (!is_refused_) problem_.reset();
  duration_ = asking_;
  WalkBegan();
}

void KeyGroupSearch::Write(Reading& reading) const {
  if (problem_) reading.problems.push_back(*problem_);
  if (known_ == nullptr) return;
  known_->Write("db" + std::to_string(database_), rules_.max_groups, rules_.memory && !problem_,
                reading.families);
}

KeyGroupPart::KeyGroupPart(KeyGrouping grouping, KeyGroupRules rules)
    : grouping_(std::move(grouping)), rules_(std::move(rules)) {
  for (const int database : rules_.databases) {
    searches_.push_back(std::make_unique<KeyGroupSearch>(database, grouping_, rules_));
  }
}

void KeyGroupPart::ListenTo(KeyWalks& walks) {
  for (const auto& search : searches_) walks.Add(*search);
}

void KeyGroupPart::BeginStep(const CollectContext& context, KeyStore& store) {
  for (const auto& search : searches_) search->AskOf(&context, &store);
}

void KeyGroupPart::Write(Reading& reading) const {
  std::chrono::duration<double, std::milli> duration{};
  for (const auto& search : searches_) {
    search->Write(reading);
    duration += search->duration();
  }
  reading.families
      .Gauge("redis_last_key_groups_scrape_duration_milliseconds",
             "Milliseconds that the last whole look at the key groups waited for sizes of keys.")
      .Add(duration.count());
}

}  // namespace collectors
