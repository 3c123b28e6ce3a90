#pragma once

#include "exporter/seam/family_set.h"

namespace exporter {

// The process_* families that every Prometheus client has, read from /proc as
// proc(5) describes it. A value that cannot be read is left out.
// https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics
void AddProcessFamilies(FamilySet& families);

}  // namespace exporter
