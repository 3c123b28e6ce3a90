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

// How many keys match the pattern of an entry, by the labels in it, as the last
// whole walk found it. A SCAN that names a key twice has no effect on the first
// `max_series` keys; beyond them it counts twice, so that the number is
// approximate while Redis resizes its table. One thread.
class KeyCount : public WalkListener {
 public:
  KeyCount(KeyEntry entry, std::size_t max_series);

  int database() const override { return entry_.database; }
  const std::string& glob() const override { return entry_.pattern->glob(); }
  void WalkBegan() override;
  void KeysFound(const KeyBatch& batch) override;
  void WalkEnded() override;
  // What is too old is not shown.
  void WalkBrokenOff() override { matches_.reset(); }

  const KeyEntry& entry() const { return entry_; }
  // As of the last whole walk; absent before one, and after one that failed.
  std::optional<std::size_t> matches() const { return matches_; }

  void Write(exporter::Reading& reading) const;

 private:
  using Counts = std::map<std::vector<std::string>, std::size_t>;  // By the names' values.

  void Count(const std::string& key);

  const KeyEntry entry_;
  const std::size_t max_series_;
  Counts counts_;
  std::optional<std::size_t> matches_;
  std::size_t cut_ = 0;  // Keys of series for which there was no room.

  // Of the walk that runs.
  Counts counting_;
  std::size_t matching_ = 0;
  std::size_t cutting_ = 0;
  std::unordered_set<std::string> named_;
};

}  // namespace collectors
