#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "collectors/redis/keys/key_entry.h"
#include "collectors/redis/keys/key_walk.h"
#include "exporter/seam/collector.h"

namespace collectors {

// Counts the keys that match an entry's pattern, by its labels, as of the last whole walk. SCAN may
// return a key twice. The first `max_series` keys are deduplicated; a later one is counted twice,
// so the count is approximate while Redis resizes its table. Not thread-safe.
class KeyCount : public WalkListener {
 public:
  KeyCount(KeyEntry entry, std::size_t max_series);

  int database() const override { return entry_.database; }
  const std::string& glob() const override { return entry_.pattern->glob(); }
  void WalkBegan() override;
  void KeysFound(const KeyBatch& batch) override;
  void WalkEnded() override;
  // Drops the old count: it would be too old to show.
  void WalkBrokenOff() override { matches_.reset(); }

  const KeyEntry& entry() const { return entry_; }
  // As of the last whole walk. Absent before the first walk and after a failed one.
  std::optional<std::size_t> matches() const { return matches_; }

  void Write(exporter::Reading& reading) const;

 private:
  // By the values of the pattern's names.
  using Counts = std::map<std::vector<std::string>, std::size_t>;

  void Count(const std::string& key);

  const KeyEntry entry_;
  const std::size_t max_series_;
  Counts counts_;
  std::optional<std::size_t> matches_;
  std::size_t cut_ = 0;  // Keys left out: no room for their series, or a value too long.

  // State of the current walk.
  Counts counting_;
  std::size_t matching_ = 0;
  std::size_t cutting_ = 0;
  std::unordered_set<std::string> named_;
};

}  // namespace collectors
