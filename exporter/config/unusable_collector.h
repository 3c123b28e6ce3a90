#pragma once

#include <string>
#include <utility>

#include "exporter/seam/collector.h"

namespace exporter {

// Stands for a collector that cannot be made of its keys, in a configuration whose mistakes cost
// only their collector. Each run fails with the mistake, so the log, the status page and the
// collector's health show it.
class UnusableCollector : public Collector {
 public:
  explicit UnusableCollector(std::string mistake) : mistake_(std::move(mistake)) {}

  Reading Collect(const CollectContext& /*context*/) override {
    throw CollectError(ErrorKind::kConnect, mistake_);
  }

 private:
  std::string mistake_;
};

}  // namespace exporter
