#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/seam/family_set.h"

namespace re2 {
class RE2;
}  // namespace re2

namespace collectors {

// How keys fall into groups: the first pattern that is found in a key names its
// group, by all its captures joined. A key of none is "unclassified", and so is
// one whose name would be longer than 256 bytes.
class KeyGrouping {
 public:
  // RE2 syntax; each pattern has a capture. Throws std::invalid_argument.
  explicit KeyGrouping(const std::vector<std::string>& patterns);

  std::string GroupOf(std::string_view key) const;

 private:
  std::vector<std::shared_ptr<const re2::RE2>> patterns_;
};

// The groups of one database while it is walked. At most `most_tracked` are told
// apart; keys of later ones count in the overflow.
class KeyGroupTally {
 public:
  explicit KeyGroupTally(std::size_t most_tracked = 100'000) : most_tracked_(most_tracked) {}

  void Add(const std::string& group, std::uint64_t memory_bytes);

  // The `max_groups` with the most memory, then the most keys, and the others
  // together as "overflow"; names and labels of oliver006/redis_exporter.
  // `db` is "db0". Without `with_memory` nothing is said of memory.
  void Write(const std::string& db, std::size_t max_groups, bool with_memory,
             exporter::FamilySet& families) const;

 private:
  struct Sums {
    std::uint64_t keys = 0;
    std::uint64_t memory_bytes = 0;
  };

  std::size_t most_tracked_;
  std::map<std::string, Sums> groups_;
  Sums untracked_;
};

}  // namespace collectors
