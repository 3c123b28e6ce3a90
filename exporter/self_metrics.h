#pragma once

#include <string>
#include <vector>

#include "exporter/build_info.h"
#include "exporter/http_metrics.h"
#include "exporter/snapshot_store.h"

namespace exporter {

// The page's tail: what the exporter says of itself, rendered fresh for each
// scrape. These families get no prefix, label or relabelling. Safe from any thread.
class SelfMetrics {
 public:
  // `configured_at` is when the configuration was read, in seconds since the epoch.
  SelfMetrics(BuildInfo build, double configured_at);

  HttpMetrics& http() { return http_; }
  // Of what collectors tell of their own work, what has not expired at `now`.
  std::string Render(const std::vector<CollectorHealth>& collectors, SteadyTime now) const;

 private:
  const BuildInfo build_;
  const double configured_at_;
  HttpMetrics http_;
};

// The health families of all collectors (redis_up, pg_up) by name.
std::string RenderHealthFamilies(const std::vector<CollectorHealth>& collectors);

}  // namespace exporter
