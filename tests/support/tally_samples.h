#pragma once

#include <map>
#include <string>

#include "collectors/celery/tasks/event_tally.h"

namespace testing {

// Every sample that a tally writes, as "celery_task_sent_total{add,celery}" with the
// values of its labels. A histogram is name_count, name_sum and name_le_BOUND.
using Samples = std::map<std::string, double>;

Samples SamplesOf(collectors::EventTally& tally, exporter::SteadyTime now);

}  // namespace testing
