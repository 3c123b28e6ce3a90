#pragma once

#include <vector>

#include "exporter/build_info.h"
#include "exporter/http/http_metrics.h"
#include "exporter/page/snapshot_store.h"

namespace exporter {

// The end of the page: the exporter's metrics about itself, made fresh for each scrape. These
// families get no prefix, label or relabelling. Safe from any thread.
class SelfMetrics {
 public:
  // `configured_at` is the time at which the configuration was read, in seconds since the epoch.
  SelfMetrics(BuildInfo build, double configured_at);

  HttpMetrics& http() { return http_; }
  // With those account families of the collectors that have not expired at `now`.
  std::vector<Family> Families(const std::vector<CollectorHealth>& collectors,
                               SteadyTime now) const;

 private:
  const BuildInfo build_;
  const double configured_at_;
  HttpMetrics http_;
};

}  // namespace exporter
