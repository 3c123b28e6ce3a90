#include "collectors/redis/keys/key_groups.h"

#include <re2/re2.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "exporter/config/yaml_reader.h"

namespace collectors {
namespace {

using exporter::FamilySet;

constexpr char kUnclassified[] = "unclassified";
constexpr char kOverflow[] = "overflow";
// A longer name is content, not a name, and would make a label of any size.
constexpr std::size_t kLongestName = 256;

}  // namespace

KeyGrouping::KeyGrouping(const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    auto compiled = std::make_shared<const re2::RE2>(pattern, re2::RE2::Quiet);
    if (!compiled->ok()) {
      throw std::invalid_argument(exporter::Quoted(pattern) +
                                  " is no pattern: " + compiled->error());
    }
    if (compiled->NumberOfCapturingGroups() == 0) {
      throw std::invalid_argument(
          "it has no capture group, which would name the group of a key: "
          "\"^(session):\"");
    }
    patterns_.push_back(std::move(compiled));
  }
}

std::string KeyGrouping::GroupOf(std::string_view key) const {
  const re2::StringPiece text(key.data(), key.size());
  for (const auto& pattern : patterns_) {
    std::vector<re2::StringPiece> found(
        static_cast<std::size_t>(pattern->NumberOfCapturingGroups()) + 1);
    if (!pattern->Match(text, 0, text.size(), re2::RE2::UNANCHORED, found.data(),
                        static_cast<int>(found.size()))) {
      continue;
    }
    std::string name;
    for (std::size_t i = 1; i < found.size(); ++i) name.append(found[i].data(), found[i].size());
    return name.size() > kLongestName ? kUnclassified : name;
  }
  return kUnclassified;
}

void KeyGroupTally::Add(const std::string& group, std::uint64_t memory_bytes) {
  auto found = groups_.find(group);
  if (found == groups_.end() && groups_.size() < most_tracked_) {
    found = groups_.emplace(group, Sums{}).first;
  }
  Sums& sums = found == groups_.end() ? untracked_ : found->second;
  ++sums.keys;
  sums.memory_bytes += memory_bytes;
}

void KeyGroupTally::Write(const std::string& db, std::size_t max_groups, bool with_memory,
                          FamilySet& families) const {
  std::vector<std::pair<std::string, Sums>> largest(groups_.begin(), groups_.end());
  const auto shown = std::min(max_groups, largest.size());
  std::partial_sort(largest.begin(), largest.begin() + static_cast<std::ptrdiff_t>(shown),
                    largest.end(), [](const auto& a, const auto& b) {
                      if (a.second.memory_bytes != b.second.memory_bytes) {
                        return a.second.memory_bytes > b.second.memory_bytes;
                      }
                      if (a.second.keys != b.second.keys) return a.second.keys > b.second.keys;
                      return a.first < b.first;
                    });
  Sums overflow = untracked_;
  for (std::size_t i = shown; i < largest.size(); ++i) {
    overflow.keys += largest[i].second.keys;
    overflow.memory_bytes += largest[i].second.memory_bytes;
  }
  largest.resize(shown);
  if (overflow.keys > 0) largest.emplace_back(kOverflow, overflow);
  auto& keys = families.Gauge("redis_key_group_count", "Keys of the group.");
  for (const auto& [group, sums] : largest) {
    keys.Add({{"db", db}, {"key_group", group}}, static_cast<double>(sums.keys));
    if (!with_memory) continue;
    families
        .Gauge("redis_key_group_memory_usage_bytes",
               "Bytes that the group's keys take, as MEMORY USAGE estimates.")
        .Add({{"db", db}, {"key_group", group}}, static_cast<double>(sums.memory_bytes));
  }
  families.Gauge("redis_number_of_distinct_key_groups", "Groups that the keys fall into.")
      .Add({{"db", db}}, static_cast<double>(groups_.size()));
}

}  // namespace collectors
