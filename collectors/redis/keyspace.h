#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "collectors/redis/keys/key_group_part.h"
#include "collectors/redis/keys/key_store.h"
#include "collectors/redis/keys/key_walk.h"
#include "collectors/redis/keys/keys_part.h"
#include "collectors/redis/keys/patient_store.h"
#include "collectors/redis/streams/stream_part.h"
#include "exporter/config/yaml_reader.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/job_settings.h"

namespace collectors {

// What a collector reads of keys: `keys`, `streams` and `key_groups`, found by
// one walk. A part that fails costs itself. One thread.
class Keyspace {
 public:
  // Reads them from the configuration; `database` is where an entry does not say.
  // Notes what is wrong in the reader.
  Keyspace(exporter::YamlReader& options, const exporter::JobSettings& settings, int database,
           bool stream_consumers);

  // The same store each time.
  void Collect(const exporter::CollectContext& context, KeyStore& store, exporter::SteadyTime now,
               double unix_now, exporter::Reading& reading);
  std::vector<exporter::SeriesId> Claims() const;

 private:
  Keyspace(KeyOptions keys, StreamPart streams, std::unique_ptr<KeyGroupPart> groups,
           std::size_t max_series);

  std::optional<PatientStore> store_;
  KeyWalks walks_;
  // They listen to the walks.
  KeysPart keys_;
  StreamPart streams_;
  std::unique_ptr<KeyGroupPart> groups_;  // Null where there are none.
};

}  // namespace collectors
