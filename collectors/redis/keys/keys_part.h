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

// The entries of `keys`: numbers and sizes that an application keeps in Redis. Reads the keys
// together, in few round trips. Walks find the keys of a pattern. Not thread-safe.
class KeysPart {
 public:
  // Remembers at most `max_series` keys per entry. Listens to `walks`. The owner steps `walks`
  // before each Collect, and not after this object is gone.
  KeysPart(std::vector<KeyEntry> entries, std::size_t max_series, KeyWalks& walks);

  // Reads the keys and writes their series. A key or an entry that fails is a problem of the
  // reading. A reply that exceeds the limits costs all keys of its database. Throws CollectError
  // (kTimeout, kConnect, kAuth) if the server does not answer.
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
