#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "collectors/redis/keys/key_count.h"
#include "collectors/redis/keys/key_entry.h"
#include "collectors/redis/keys/key_series.h"
#include "collectors/redis/keys/key_store.h"
#include "collectors/redis/keys/key_walk.h"
#include "exporter/seam/collector.h"

namespace collectors {

// The entries of `keys`: numbers and sizes that an application keeps in Redis.
// Keys are read together in a few round trips; which keys a pattern means, walks
// find out. One thread.
class KeysPart {
 public:
  // At most `max_series` keys are remembered for an entry. The walks, to which
  // this listens, are stepped by the owner before each Collect, and are not
  // stepped any more once this is gone.
  KeysPart(std::vector<KeyEntry> entries, std::size_t max_series, KeyWalks& walks);

  // Reads and writes. What fails of a key or an entry is a problem of the
  // reading; an answer beyond all bounds costs the keys of its database. Throws
  // CollectError where nobody answers: kTimeout, kConnect, kAuth.
  void Collect(const exporter::CollectContext& context, KeyStore& store,
               exporter::Reading& reading);

  std::vector<exporter::SeriesId> Claims() const;

 private:
  using Group = std::vector<KeySeries*>;

  static void ReadGroup(const exporter::CollectContext& context, KeyStore& store, int database,
                        const Group& group);
  void WriteMatches(exporter::FamilySet& families) const;

  std::vector<std::unique_ptr<KeySeries>> series_;
  std::vector<std::unique_ptr<KeyCount>> counts_;
  std::map<int, Group> by_database_;
};

}  // namespace collectors
