#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "collectors/redis/keys/key_store.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// A longer key is content, not a name: it is not remembered, and no part of it becomes a label.
inline constexpr std::size_t kLongestKey = 1024;

// Keys that a walk found.
struct KeyBatch {
  int database;
  std::size_t shard;  // An index into KeyStore's shards.
  std::span<const std::string> keys;
};

// Receives the keys of a database. Every walk calls WalkBegan, then WalkEnded or WalkBrokenOff; a
// second WalkBegan without either means that the walk starts over. A walk may report a key twice,
// and keys that do not match the glob.
class WalkListener {
 public:
  virtual ~WalkListener() = default;

  virtual int database() const = 0;
  // A Redis glob of the keys that the listener needs; "*" for all.
  virtual const std::string& glob() const = 0;

  virtual void WalkBegan() = 0;
  virtual void KeysFound(const KeyBatch& batch) = 0;
  // Every key that existed during the whole walk has been reported.
  virtual void WalkEnded() = 0;
  virtual void WalkBrokenOff() = 0;
};

// How often to look for keys, and how much that may cost per collection.
struct WalkLimits {
  std::chrono::milliseconds interval{300000};  // From one beginning to the next.
  std::size_t keys = 100000;
  std::chrono::milliseconds time{100};  // Spent waiting for replies; checked after each SCAN.
};

// Finds keys by SCAN, in one walk per database for all its listeners. A walk that exceeds a
// collection's budget continues in the next collection. While no walk is due, nothing is sent. Not
// thread-safe.
class KeyWalks {
 public:
  using Clock = std::function<exporter::SteadyTime()>;

  explicit KeyWalks(WalkLimits limits, Clock clock = std::chrono::steady_clock::now);
  ~KeyWalks();
  KeyWalks(const KeyWalks&) = delete;
  KeyWalks& operator=(const KeyWalks&) = delete;

  // Call before the first Step. `listener` must not be destroyed before the last Step.
  void Add(WalkListener& listener);

  // Walks as far as is due and the budget allows. `unix_now` is in seconds, for the gauges, which
  // exist if there are listeners. A refused SCAN is a problem of the reading and is tried again
  // when the next walk is due; the problem is reported until then. Throws if the server does not
  // answer; the walk continues in the next collection.
  void Step(const exporter::CollectContext& context, KeyStore& store, exporter::SteadyTime now,
            double unix_now, exporter::Reading& reading);

  // Claims Step's gauges.
  std::vector<exporter::SeriesId> Claims() const;

 private:
  class Walk;

  Walk* NextDue(exporter::SteadyTime now) const;

  WalkLimits limits_;
  Clock clock_;
  std::vector<std::unique_ptr<Walk>> walks_;  // One per database.
};

}  // namespace collectors
