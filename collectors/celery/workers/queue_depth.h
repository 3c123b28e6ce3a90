#pragma once

#include <string>
#include <string_view>

#include "collectors/shared/queue_families.h"
#include "exporter/seam/family_set.h"

namespace collectors {

// Adds the number of a queue's tasks that are waiting, unacked, reserved, scheduled or active.
inline void AddDepth(const std::string& queue, std::string_view state, double depth,
                     exporter::FamilySet& families) {
  families.Gauge("queue_depth", kQueueDepthHelp)
      .Add({{"queue", queue}, {"system", "celery"}, {"state", std::string(state)}}, depth);
}

}  // namespace collectors
