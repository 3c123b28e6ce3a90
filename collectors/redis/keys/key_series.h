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

// Keys that redis_exporter's families show already in a reading, by database.
using ShownKeys = std::set<std::pair<int, std::string>>;

// The keys of one entry that is not a count: a key, or what walks found by its
// pattern, up to a bound; and the series that they make. Keys with the same labels
// are summed. One thread.
class KeySeries : public WalkListener {
 public:
  // At most `max_keys` are remembered.
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
  // Keys that the last whole walk found, about; absent before one.
  std::optional<std::size_t> matches() const { return matches_; }

  // Begins a collection: the caller asks what these leave open, and then writes.
  std::vector<KeyProbe*> Begin();
  KeyTroubles& troubles() { return troubles_; }
  // Nothing learned is trusted any more, after an answer beyond all bounds.
  void Distrust();
  // Writes what the probes found, and what went wrong.
  void Write(ShownKeys& shown, exporter::Reading& reading);

 private:
  struct Known {
    KeyProbe probe;
    std::vector<std::string> values;  // Of the pattern's names.
    KeyFacts last;                    // When it was there; for keep.
    bool is_seen;                     // In the walk that runs, or ran last.
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
  std::map<std::string, Known> known_;  // In order, so that the page keeps its own.
  std::vector<std::string> gone_;       // Those that make room for others.
  std::optional<std::size_t> matches_;
  std::size_t cut_ = 0;      // Keys for which there was no room in the last whole walk,
  std::size_t cut_now_ = 0;  // and in the one that runs.
  KeyTroubles troubles_;
};

}  // namespace collectors
