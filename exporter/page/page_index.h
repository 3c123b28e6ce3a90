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

// A family of one collector as it is shown.
struct Published {
  std::shared_ptr<const Family> family;
  SteadyTime expires_at;
};

// By name; of one name those that expire apart.
using SlotFamilies = std::vector<Published>;

// Which collectors have which families, and the chunks of the page that follows
// from it. A change costs what changed, and not what else is there: only the
// chunks that a changed family stands in are made anew. Nothing is rendered or
// merged here. Not safe from several threads.
class PageIndex {
 public:
  using Chunks = std::vector<std::shared_ptr<const Chunk>>;

  // `reserved` are names that the page's tail has: a collector's families of these
  // names are not shown.
  // `donor`, if there is one, lends its chunks if they hold the same; it lives longer.
  explicit PageIndex(std::set<std::string> reserved, const PageIndex* donor = nullptr)
      : reserved_(std::move(reserved)), donor_(donor) {}

  // Puts a slot's families in the place of those it had. Returns the chunks that are new.
  Chunks Update(std::size_t slot, const SlotFamilies& families);
  // Takes out what has expired; false if nothing has.
  bool Expire(SteadyTime now);
  // The first moment at which something expires.
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

  // Notes the name and those whose place on the page depends on it.
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
