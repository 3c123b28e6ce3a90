#include "collectors/redis/keys/key_walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;
using exporter::SteadyTime;

// Keys per SCAN. It takes a fraction of a millisecond, during which the server serves no other
// client.
constexpr std::size_t kScanCount = 1000;
constexpr std::size_t kShownErrorBytes = 200;
constexpr char kPart[] = "key discovery";
constexpr char kEveryKey[] = "*";
constexpr char kStart[] = "0";  // The cursor at both ends of a walk.

struct ScanReply {
  std::string cursor;
  std::vector<std::string> keys;
};

ScanReply ParseScan(RedisReply reply) {
  if (reply.type == RedisReply::Type::kError) {
    throw CollectError(KindOfRedisError(reply.text),
                       "SCAN: " + reply.text.substr(0, kShownErrorBytes), kPart);
  }
  if (reply.items.size() != 2 || reply.items[0].type != RedisReply::Type::kString ||
      reply.items[1].type != RedisReply::Type::kArray) {
    throw CollectError(ErrorKind::kProtocol, "SCAN: the answer is no cursor with keys", kPart);
  }
  ScanReply scan{std::move(reply.items[0].text), {}};
  scan.keys.reserve(reply.items[1].items.size());
  for (RedisReply& key : reply.items[1].items) scan.keys.push_back(std::move(key.text));
  return scan;
}

// Whether the error means that the server does not answer, and says nothing about the keys.
bool IsUnreachable(ErrorKind kind) {
  return kind == ErrorKind::kTimeout || kind == ErrorKind::kConnect || kind == ErrorKind::kAuth;
}

double Seconds(SteadyTime::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// Names the shards, because a cursor of one node is meaningless to another.
std::vector<std::string> ShardsOf(const KeyStore& store) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < store.ShardCount(); ++i) names.push_back(store.ShardName(i));
  return names;
}

// The rest of a collection's budget.
struct Budget {
  std::size_t keys;
  SteadyTime::duration time;

  bool IsSpent() const { return keys == 0 || time <= SteadyTime::duration::zero(); }
  void Spend(std::size_t walked, SteadyTime::duration waited) {
    keys -= std::min(keys, walked);
    time -= waited;
  }
};

struct Gauge {
  const char* name;
  const char* help;
};
constexpr Gauge kDuration = {
    "redis_key_discovery_last_duration_seconds",
    "How long the last complete walk through the keys waited for the server, all its parts "
    "together."};
constexpr Gauge kKeys = {
    "redis_key_discovery_keys_walked",
    "Keys that the last complete walk looked at; rounded up to a thousand where the server chose "
    "them by a pattern."};
constexpr Gauge kSuccess = {"redis_key_discovery_last_success_timestamp_seconds",
                            "When the last complete walk through the keys ended."};
constexpr Gauge kGauges[] = {kDuration, kKeys, kSuccess};

}  // namespace

// The walk through one database: its position, and the results of the last whole walk.
class KeyWalks::Walk {
 public:
  explicit Walk(int database) : database_(database) {}

  int database() const { return database_; }
  bool is_running() const { return is_running_; }
  SteadyTime due() const { return due_; }

  void Add(WalkListener& listener) {
    const bool is_first = listeners_.empty();
    glob_ = is_first || glob_ == listener.glob() ? listener.glob() : kEveryKey;
    listeners_.push_back(&listener);
  }

  void Begin(const KeyStore& store, SteadyTime next_due) {
    due_ = next_due;
    is_running_ = true;
    shards_ = ShardsOf(store);
    shard_ = 0;
    cursor_ = kStart;
    current_ = {};
    for (WalkListener* listener : listeners_) listener->WalkBegan();
  }

  RedisReply Ask(const CollectContext& context, KeyStore& store) const {
    RedisCommand command = {"SCAN", cursor_, "COUNT", std::to_string(kScanCount)};
    if (is_filtered()) command.insert(command.end(), {"MATCH", glob_});
    return store.AskShard(context, shard_, database_, {command}).at(0);
  }

  // Returns about how many keys the server looked at.
  std::size_t Take(RedisReply reply, SteadyTime::duration waited) {
    ScanReply scan = ParseScan(std::move(reply));
    for (WalkListener* listener : listeners_) {
      listener->KeysFound({database_, shard_, scan.keys});
    }
    problem_.reset();
    current_.waited += waited;
    cursor_ = std::move(scan.cursor);
    // Count at least what SCAN was asked to look at; otherwise a walk through a sparse keyspace
    // would run too long.
    const std::size_t budgeted = std::max(kScanCount, scan.keys.size());
    current_.keys += is_filtered() ? budgeted : scan.keys.size();
    return budgeted;
  }

  bool is_at_start() const { return shard_ == 0 && cursor_ == kStart; }
  // Before the first reply the store may not be connected, and so not know its shards.
  void AdoptShards(const KeyStore& store) {
    if (is_at_start()) shards_ = ShardsOf(store);
  }
  bool IsOf(const KeyStore& store) const { return shards_ == ShardsOf(store); }

  // Goes on to the next shard if this one is done, or ends the walk.
  void Advance(double unix_now) {
    if (cursor_ != kStart || ++shard_ < shards_.size()) return;
    is_running_ = false;
    current_.ended = unix_now;
    last_ = current_;
    for (WalkListener* listener : listeners_) listener->WalkEnded();
  }

  // Keeps the position for the next collection.
  void Pause(const CollectError& error) { Note(error); }

  void BreakOff(const CollectError& error, SteadyTime next_due) {
    Note(error);
    is_running_ = false;
    due_ = next_due;
    for (WalkListener* listener : listeners_) listener->WalkBrokenOff();
  }

  void Write(exporter::Reading& reading) const {
    if (problem_) reading.problems.push_back(*problem_);
    if (!last_) return;
    const exporter::Labels labels = {{"db", fmt::format("db{}", database_)}};
    const auto add = [&](const Gauge& gauge, double value) {
      reading.families.Gauge(gauge.name, gauge.help).Add(labels, value);
    };
    add(kDuration, Seconds(last_->waited));
    add(kKeys, static_cast<double>(last_->keys));
    add(kSuccess, last_->ended);
  }

 private:
  struct Account {
    SteadyTime::duration waited{};
    std::size_t keys = 0;
    double ended = 0;  // Epoch seconds.
  };

  bool is_filtered() const { return glob_ != kEveryKey; }

  void Note(const CollectError& error) {
    problem_ = CollectError(
        error.kind(), fmt::format("walking the keys of db{}: {}", database_, error.what()), kPart);
  }

  const int database_;
  std::vector<WalkListener*> listeners_;
  std::string glob_;  // Matches all keys that the listeners need.

  bool is_running_ = false;
  SteadyTime due_;  // When the next walk begins.
  std::vector<std::string> shards_;
  std::size_t shard_ = 0;
  std::string cursor_;
  Account current_;
  std::optional<Account> last_;
  std::optional<CollectError> problem_;
};

KeyWalks::KeyWalks(WalkLimits limits, Clock clock) : limits_(limits), clock_(std::move(clock)) {}
KeyWalks::~KeyWalks() = default;

void KeyWalks::Add(WalkListener& listener) {
  const auto same = std::ranges::find(walks_, listener.database(), &Walk::database);
  auto& walk = same == walks_.end()
                   ? walks_.emplace_back(std::make_unique<Walk>(listener.database()))
                   : *same;
  walk->Add(listener);
}

void KeyWalks::Step(const CollectContext& context, KeyStore& store, SteadyTime now, double unix_now,
                    exporter::Reading& reading) {
  // Half of the remaining time is left for reading the keys that are known.
  Budget budget{limits_.keys,
                std::min<SteadyTime::duration>(limits_.time, (context.deadline.when() - now) / 2)};
  while (!budget.IsSpent() && store.ShardCount() > 0) {
    Walk* walk = NextDue(now);
    if (walk == nullptr) break;
    const SteadyTime next_due = now + limits_.interval;
    if (!walk->is_running() || !walk->IsOf(store)) walk->Begin(store, next_due);
    bool is_answered = false;
    try {
      const SteadyTime asked = clock_();
      RedisReply reply = walk->Ask(context, store);
      is_answered = true;
      const SteadyTime::duration waited = clock_() - asked;
      if (!walk->is_at_start() && !walk->IsOf(store)) {
        budget.Spend(kScanCount, waited);
        continue;  // The cursor belonged to another server: the walk begins again.
      }
      walk->AdoptShards(store);
      const std::size_t walked = walk->Take(std::move(reply), waited);
      budget.Spend(walked, clock_() - asked);  // Includes the listeners' own questions.
      walk->Advance(unix_now);
    } catch (const CollectError& error) {
      if (!IsUnreachable(error.kind())) {
        walk->BreakOff(error, next_due);
        continue;
      }
      if (!is_answered) throw;
      walk->Pause(error);
      break;
    }
  }
  for (const auto& walk : walks_) walk->Write(reading);
}

// Returns the running walk, or else the one that has been due longest. Null if none is due.
KeyWalks::Walk* KeyWalks::NextDue(SteadyTime now) const {
  Walk* next = nullptr;
  for (const auto& walk : walks_) {
    if (walk->is_running()) return walk.get();
    if (walk->due() <= now && (next == nullptr || walk->due() < next->due())) next = walk.get();
  }
  return next;
}

std::vector<exporter::SeriesId> KeyWalks::Claims() const {
  std::vector<exporter::SeriesId> claims;
  for (const auto& walk : walks_) {
    for (const Gauge& gauge : kGauges) {
      claims.push_back({gauge.name, {{"db", fmt::format("db{}", walk->database())}}});
    }
  }
  return claims;
}

}  // namespace collectors
