#pragma once

#include <memory>

#include "exporter/collector.h"
#include "exporter/job_settings.h"
#include "exporter/label_policy.h"

namespace exporter {

// A configured collector.
struct Job {
  JobSettings settings;
  const CollectorType* type = nullptr;
  LabelPolicy policy;
  std::unique_ptr<Collector> collector;
};

}  // namespace exporter
