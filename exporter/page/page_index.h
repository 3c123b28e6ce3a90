#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/page/chunk.h"
#include "exporter/page/page.h"
#include "exporter/seam/deadline.h"

namespace exporter {

// A published family of one collector.
struct Published {
  std::shared_ptr<const Family> family;
  SteadyTime expires_at;
};

// By name; families of one name that expire at different times are separate.
using SlotFamilies = std::vector<Published>;

// Knows which collectors have which families, and derives the chunks of the page. A change costs
// what changed, whatever else is there: only chunks with a changed family are made anew. It renders
// and merges nothing. One thread at a time.
class PageIndex {
 public:
  using Chunks = std::vector<std::shared_ptr<const Chunk>>;

  // `reserved` are the names at the page's end; a collector's families with these names are not
  // shown. `donor`, if any, lends chunks with the same contents; it must outlive the index.
  explicit PageIndex(std::set<std::string> reserved, const PageIndex* donor = nullptr)
      : reserved_(std::move(reserved)), donor_(donor) {}

  // Replaces the families of a slot. Returns the new chunks.
  Chunks Update(std::size_t slot, const SlotFamilies& families);
  // Removes expired families; false if there are none.
  bool Expire(SteadyTime now);
  // The earliest expiry.
  SteadyTime NextExpiry() const;
  Chunks AllChunks() const;
  bool Has(std::string_view name) const { return entries_.contains(name); }

 private:
  struct Source {
    std::size_t slot;
    Published published;
  };
  struct Entry {
    std::vector<Source> sources;  // By slot.
  };
  using Entries = std::map<std::string, Entry, std::less<>>;
  using Names = std::set<std::string, std::less<>>;

  // Notes the name, and the names whose place on the page depends on it.
  void Touch(std::string_view name, Names& touched) const;
  bool SetSources(const std::string& name, std::size_t slot, const SlotFamilies& families);
  Chunks Rebuild(const Names& touched);
  Chunks RebuildRange(Entries::const_iterator begin, Entries::const_iterator end);
  std::shared_ptr<const Chunk> FindChunk(const std::string& name,
                                         const std::vector<Chunk::Member>& members) const;
  Chunk::Member MemberOf(const std::string& name, const Entry& entry) const;
  bool IsShown(std::string_view name) const;
  const Family* FirstOf(std::string_view name) const;

  const std::set<std::string> reserved_;
  const PageIndex* donor_;
  Entries entries_;
  std::map<std::size_t, Names> names_;                                       // By slot.
  std::map<std::string, std::shared_ptr<const Chunk>, std::less<>> chunks_;  // By first name.
};

}  // namespace exporter
