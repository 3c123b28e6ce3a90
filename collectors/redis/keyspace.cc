#include "collectors/redis/keyspace.h"

#include <string>
#include <utility>

#include "collectors/redis/keys/key_entry.h"
#include "collectors/redis/keys/key_group_options.h"
#include "collectors/redis/streams/stream_options.h"

namespace collectors {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Reading;
using exporter::SeriesId;

namespace {

// Runs one part. If it fails, its error is a problem of the reading, and the other parts still run.
template <typename Part>
void Isolated(const char* name, Reading& reading, Part part) try {
  part();
} catch (const CollectError& error) {
  const std::string where = error.part().empty() ? name : error.part();
  reading.problems.emplace_back(error.kind(), error.what(), where);
}

}  // namespace

Keyspace::Keyspace(exporter::YamlReader& options, const exporter::JobSettings& settings,
                   int database, bool stream_consumers)
    : Keyspace(ReadKeyOptions(options, database),
               ReadStreamOptions(options, settings, database, stream_consumers),
               ReadKeyGroupOptions(options, database), settings.max_series) {}

Keyspace::Keyspace(KeyOptions keys, StreamPart streams, std::unique_ptr<KeyGroupPart> groups,
                   std::size_t max_series)
    : walks_(keys.walk),
      keys_(std::move(keys.entries), max_series, walks_),
      streams_(std::move(streams)),
      groups_(std::move(groups)) {
  streams_.ListenTo(walks_);
  if (groups_ != nullptr) groups_->ListenTo(walks_);
}

void Keyspace::Collect(const CollectContext& context, KeyStore& store, exporter::SteadyTime now,
                       double unix_now, Reading& reading) {
  if (!store_) store_.emplace(store);
  store_->BeginRun(now);
  streams_.BeginStep(context, *store_);
  if (groups_ != nullptr) groups_->BeginStep(context, *store_);
  Isolated("key discovery", reading,
           [&] { walks_.Step(context, *store_, now, unix_now, reading); });
  Isolated("keys", reading, [&] { keys_.Collect(context, *store_, reading); });
  Isolated("streams", reading, [&] { streams_.Collect(context, *store_, reading); });
  if (groups_ != nullptr) groups_->Write(reading);
}

std::vector<SeriesId> Keyspace::Claims() const {
  std::vector<SeriesId> claims = keys_.Claims();
  for (SeriesId& claim : streams_.Claims()) claims.push_back(std::move(claim));
  for (SeriesId& claim : walks_.Claims()) claims.push_back(std::move(claim));
  return claims;
}

}  // namespace collectors
