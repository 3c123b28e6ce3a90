#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collectors/redis/keys/key_entry.h"
#include "collectors/redis/keys/key_probe.h"
#include "collectors/redis/keys/key_walk.h"
#include "exporter/seam/collector.h"

namespace collectors {

// Keys that are already in redis_exporter's families in this reading, by database.
using ShownKeys = std::set<std::pair<int, std::string>>;

// The keys of one entry that is not a count, and their series. The keys are one configured key, or
// those that walks found by the pattern, up to a bound. The values of keys with the same labels are
// summed. Not thread-safe.
class KeySeries : public WalkListener {
 public:
  // Remembers at most `max_keys` keys.
  KeySeries(KeyEntry entry, std::size_t max_keys);
  ~KeySeries() override = default;
  KeySeries(const KeySeries&) = delete;  // Probes point into it.
  KeySeries& operator=(const KeySeries&) = delete;

  int database() const override { return entry_.database; }
  const std::string& glob() const override { return entry_.pattern->glob(); }
  void WalkBegan() override;
  void KeysFound(const KeyBatch& batch) override;
  void WalkEnded() override;
  void WalkBrokenOff() override {}

  const KeyEntry& entry() const { return entry_; }
  // About how many keys the last whole walk found. Absent before the first one.
  std::optional<std::size_t> matches() const { return matches_; }

  // Begins a collection. The caller asks the probes' open questions, and then calls Write.
  std::vector<KeyProbe*> Begin();
  KeyTroubles& troubles() { return troubles_; }
  // Forgets everything learned about the keys, after a reply that exceeded the limits.
  void Distrust();
  // Writes what the probes found and the troubles.
  void Write(ShownKeys& shown, exporter::Reading& reading);

 private:
  struct Known {
    KeyProbe probe;
    std::vector<std::string> values;  // Of the pattern's names.
    KeyFacts last;                    // When the key last existed; for OnMissing::kKeep.
    bool is_seen;                     // In the current walk, or in the last one.
  };

  void Find(const std::string& key);
  bool HasRoom();
  std::size_t cut() const { return std::max(cut_, cut_now_); }
  bool IsSum() const {
    return !entry_.metric.empty() && entry_.pattern && entry_.pattern->merges();
  }
  KeyFacts Shown(const Known& known) const;
  exporter::Labels LabelsOf(const std::vector<std::string>& values) const;
  void WriteMetric(exporter::FamilySet& families) const;
  void WriteSums(exporter::FamilySet::Family& family) const;
  void WriteAll(const Known& known, ShownKeys& shown, exporter::FamilySet& families) const;

  const KeyEntry entry_;
  const std::size_t max_keys_;
  std::map<std::string, Known> known_;  // Sorted, so that the page keeps its order.
  std::vector<std::string> gone_;       // Missing keys, to be replaced by new ones.
  std::optional<std::size_t> matches_;
  std::size_t cut_ = 0;      // Keys without room in the last whole walk.
  std::size_t cut_now_ = 0;  // Keys without room in the current walk.
  KeyTroubles troubles_;
};

}  // namespace collectors
