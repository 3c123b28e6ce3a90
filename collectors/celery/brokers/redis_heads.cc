#include "collectors/celery/brokers/redis_heads.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;
using Type = RedisReply::Type;

constexpr int kRestingReadings = 20;
// Largest message that is read in each reading; Celery's have about 1 KB.
constexpr std::size_t kMaxHead = std::size_t{1} << 20;
// Size of all heads in a reading: beyond it no more are read.
constexpr std::size_t kMaxHeads = std::size_t{4} << 20;
// This many may turn out to be large at once.
constexpr std::size_t kMaxAtOnce = 32;
constexpr char kPart[] = "heads";

bool IsTold(const BrokerReading& reading) {
  return std::ranges::any_of(reading.problems, [](const auto& p) { return p.part() == kPart; });
}

}  // namespace

bool RedisRest::Rests() {
  if (left_ == 0) return false;
  --left_;
  return true;
}

void RedisRest::Begin() { left_ = kRestingReadings; }

bool MayBeTooLarge(const CollectError& error) {
  using Kind = ErrorKind;
  return error.kind() == Kind::kLimit || error.kind() == Kind::kTimeout ||
         error.kind() == Kind::kProtocol;
}

void RedisHeads::Add(const CollectContext& context, RedisSession& session,
                     const std::vector<WaitingList>& lists, BrokerReading& reading) {
  Read(context, session, lists, reading);
  std::size_t unread = 0;
  for (const WaitingList& list : lists) {
    if (light_.contains(list.key)) continue;
    ++unread;
    reading.queues[list.queue].knows_heads = false;
  }
  if (unread == 0 || IsTold(reading)) return;
  reading.problems.emplace_back(
      ErrorKind::kLimit,
      fmt::format("lists whose next message is not read: {}; it is larger than {} MiB, or all "
                  "are than {} MiB",
                  unread, kMaxHead >> 20, kMaxHeads >> 20),
      kPart);
}

void RedisHeads::Read(const CollectContext& context, RedisSession& session,
                      const std::vector<WaitingList>& lists, BrokerReading& reading) {
  const std::set<std::string> light_before = std::exchange(light_, {});
  if (rest_.Rests()) {
    reading.problems.push_back(*failure_);
    return;
  }
  try {
    Ask(context, session, Light(context, session, lists, light_before), reading);
  } catch (const CollectError& error) {
    failure_.emplace(error.kind(), error.what(), kPart);
    reading.problems.push_back(*failure_);
    at_once_ = 1;
    // Which of them was too large is not known.
    if (MayBeTooLarge(error)) rest_.Begin();
  }
}

std::vector<WaitingList> RedisHeads::Light(const CollectContext& context, RedisSession& session,
                                           const std::vector<WaitingList>& lists,
                                           const std::set<std::string>& light_before) {
  std::map<std::string, RedisRest> still_heavy;
  std::vector<WaitingList> light;
  std::vector<WaitingList> strange;
  for (const WaitingList& list : lists) {
    const auto found = heavy_.find(list.key);
    if (found != heavy_.end() && found->second.Rests()) {
      still_heavy.insert(*found);
    } else {
      (light_before.contains(list.key) ? light : strange).push_back(list);
    }
  }
  heavy_ = std::move(still_heavy);
  Weigh(context, session, strange, light);
  return light;
}

void RedisHeads::Weigh(const CollectContext& context, RedisSession& session,
                       std::span<const WaitingList> lists, std::vector<WaitingList>& light) {
  if (lists.empty()) return;
  std::vector<RedisCommand> commands;
  for (const WaitingList& list : lists) {
    commands.push_back({"MEMORY", "USAGE", list.key, "SAMPLES", "5"});
  }
  const std::vector<RedisReply> replies = session.Pipeline(context, commands);
  for (std::size_t i = 0; i < lists.size(); ++i) {
    const bool is_told = replies[i].type == Type::kInteger;
    if (is_told && static_cast<double>(replies[i].integer) > kMaxHead * lists[i].length) {
      heavy_[lists[i].key].Begin();
    } else {
      light.push_back(lists[i]);
    }
  }
}

void RedisHeads::Ask(const CollectContext& context, RedisSession& session,
                     std::span<const WaitingList> lists, BrokerReading& reading) {
  std::size_t bytes = 0;
  while (!lists.empty() && bytes < kMaxHeads) {
    const std::span<const WaitingList> asked = lists.first(std::min(at_once_, lists.size()));
    lists = lists.subspan(asked.size());
    std::vector<RedisCommand> commands;
    for (const WaitingList& list : asked) commands.push_back({"LINDEX", list.key, "-1"});
    const std::vector<RedisReply> replies = session.Pipeline(context, commands);
    at_once_ = std::min(2 * at_once_, kMaxAtOnce);
    for (std::size_t i = 0; i < asked.size(); ++i) {
      bytes += replies[i].text.size();
      if (replies[i].text.size() > kMaxHead) {
        heavy_[asked[i].key].Begin();
        at_once_ = 1;
      } else {
        light_.insert(asked[i].key);
        ReadHead(asked[i], replies[i], reading);
      }
    }
  }
}

}  // namespace collectors
