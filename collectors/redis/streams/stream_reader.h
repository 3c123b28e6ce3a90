#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "collectors/clients/redis/stream_lag.h"
#include "collectors/redis/keys/key_store.h"
#include "exporter/seam/collector.h"

namespace collectors {

// A stream to read.
struct StreamTarget {
  int database = 0;
  std::string key;
  // Named in the configuration: it has series even if it does not exist, and another type is a
  // problem. Otherwise found by a pattern.
  bool is_configured = true;

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 within for a pointer.
  auto operator<=>(const StreamTarget&) const = default;
};

struct StreamRules {
  bool consumers = true;          // Also show each consumer.
  std::size_t max_groups = 1000;  // Of all streams together. The rest counts as cut series.
};

// Reads the streams, their groups and their consumers, in two rounds, and writes their families. A
// stream that fails is a problem of the reading. `lags` carries what earlier calls have seen.
// Throws as the store does.
void ReadStreams(const exporter::CollectContext& context, KeyStore& store,
                 std::span<const StreamTarget> streams, const StreamRules& rules, StreamLags& lags,
                 exporter::Reading& reading);

}  // namespace collectors
