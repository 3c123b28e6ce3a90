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

// Assigns keys to groups. The first pattern found in a key gives the group's name: its captures,
// joined. A key without a match, or with a name longer than 256 bytes, is "unclassified".
class KeyGrouping {
 public:
  // The patterns are in RE2 syntax, each with at least one capture. Throws std::invalid_argument
  // otherwise.
  explicit KeyGrouping(const std::vector<std::string>& patterns);

  std::string GroupOf(std::string_view key) const;

 private:
  std::vector<std::shared_ptr<const re2::RE2>> patterns_;
};

// Counts the groups of one database during a walk. Distinguishes at most `most_tracked` groups;
// keys of further groups count as overflow.
class KeyGroupTally {
 public:
  explicit KeyGroupTally(std::size_t most_tracked = 100'000) : most_tracked_(most_tracked) {}

  void Add(const std::string& group, std::uint64_t memory_bytes);

  // Adds the `max_groups` groups with the most memory, then the most keys, and the others together
  // as "overflow". Names and labels are those of oliver006/redis_exporter. `db` is "db0". Without
  // `with_memory` there are no memory families.
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
