#pragma once

#include <memory>

#include "exporter/labels/label_policy.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/job_settings.h"

namespace exporter {

// A configured collector.
struct Job {
  JobSettings settings;
  const CollectorType* type = nullptr;
  LabelPolicy policy;
  std::unique_ptr<Collector> collector;
};

}  // namespace exporter
