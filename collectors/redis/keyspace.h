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

// Everything that a collector reads about keys: `keys`, `streams` and `key_groups`. One walk finds
// the keys for all of them. If one part fails, the others are unaffected. Not thread-safe.
class Keyspace {
 public:
  // Reads the options. `database` is the default for entries without `db`. Reports mistakes to the
  // reader.
  Keyspace(exporter::YamlReader& options, const exporter::JobSettings& settings, int database,
           bool stream_consumers);

  // `store` must be the same object in every call.
  void Collect(const exporter::CollectContext& context, KeyStore& store, exporter::SteadyTime now,
               double unix_now, exporter::Reading& reading);
  std::vector<exporter::SeriesId> Claims() const;

 private:
  Keyspace(KeyOptions keys, StreamPart streams, std::unique_ptr<KeyGroupPart> groups,
           std::size_t max_series);

  std::optional<PatientStore> store_;
  KeyWalks walks_;
  // These three listen to walks_.
  KeysPart keys_;
  StreamPart streams_;
  std::unique_ptr<KeyGroupPart> groups_;  // Null without `key_groups`.
};

}  // namespace collectors
