#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "collectors/clients/redis/stream_lag.h"
#include "collectors/redis/keys/key_store.h"
#include "exporter/seam/collector.h"

namespace collectors {

// A stream to look at.
struct StreamTarget {
  int database = 0;
  std::string key;
  // Named in the configuration, so it has series also when it is not there, and
  // a key that is no stream is a problem. Else it was found by a pattern.
  bool is_configured = true;

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 within for a pointer.
  auto operator<=>(const StreamTarget&) const = default;
};

struct StreamRules {
  bool consumers = true;          // Series for each consumer too.
  std::size_t max_groups = 1000;  // Of all streams together; what is cut counts as cut series.
};

// Asks for the streams, their groups and their consumers, in two rounds, and
// writes what the answers say; a stream that fails is a problem of its own. `lags` is what
// earlier calls have seen.
// Throws where the store does.
void ReadStreams(const exporter::CollectContext& context, KeyStore& store,
                 std::span<const StreamTarget> streams, const StreamRules& rules, StreamLags& lags,
                 exporter::Reading& reading);

}  // namespace collectors
