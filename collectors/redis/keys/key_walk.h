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

// Longer names are content, not names: nothing remembers them, or shows a part of
// them as a label.
inline constexpr std::size_t kLongestKey = 1024;

// Keys that a walk came by.
struct KeyBatch {
  int database;
  std::size_t shard;  // Of KeyStore.
  std::span<const std::string> keys;
};

// Wants to know which keys a database has. Every walk begins once, and ends or
// is broken off; one that begins anew without an end starts over. It may name a
// key twice, and keys that do not match the glob.
class WalkListener {
 public:
  virtual ~WalkListener() = default;

  virtual int database() const = 0;
  // A Redis glob of the keys it wants: "*" for all.
  virtual const std::string& glob() const = 0;

  virtual void WalkBegan() = 0;
  virtual void KeysFound(const KeyBatch& batch) = 0;
  // Every key that was there from the beginning to the end has been named.
  virtual void WalkEnded() = 0;
  virtual void WalkBrokenOff() = 0;
};

// How often keys are looked up, and what that may cost in one collection.
struct WalkLimits {
  std::chrono::milliseconds interval{300000};  // From one beginning to the next.
  std::size_t keys = 100000;
  std::chrono::milliseconds time{100};  // Of waiting for replies; checked after each SCAN.
};

// Looks keys up by SCAN, one walk through each database for all who listen to
// it. A walk that exceeds a collection's budget goes on in the next one, where it
// left off; while none is due, nothing is asked. One thread.
class KeyWalks {
 public:
  using Clock = std::function<exporter::SteadyTime()>;

  explicit KeyWalks(WalkLimits limits, Clock clock = std::chrono::steady_clock::now);
  ~KeyWalks();
  KeyWalks(const KeyWalks&) = delete;
  KeyWalks& operator=(const KeyWalks&) = delete;

  // Before the first Step. The listener must outlive this.
  void Add(WalkListener& listener);

  // Walks as far as is due and the budget goes. `unix_now` is in seconds, for
  // the gauges, which are there when anybody listens. A SCAN that is refused is a
  // problem and is tried again when the next walk is due; the problem stays until
  // then. Throws where nobody answers; the walk goes on the next time.
  void Step(const exporter::CollectContext& context, KeyStore& store, exporter::SteadyTime now,
            double unix_now, exporter::Reading& reading);

  // The gauges of Step.
  std::vector<exporter::SeriesId> Claims() const;

 private:
  class Walk;

  Walk* NextDue(exporter::SteadyTime now) const;

  WalkLimits limits_;
  Clock clock_;
  std::vector<std::unique_ptr<Walk>> walks_;  // One a database.
};

}  // namespace collectors
