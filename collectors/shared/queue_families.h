#pragma once

#include <string_view>

namespace collectors {

// Help of the families that the `queue` and `celery` collectors share. A page has one HELP per
// family, so the text must be true for both.
inline constexpr std::string_view kQueueDepthHelp =
    "Entries of the queue by state. No entry is in two, but in Celery's: unacked, the broker's "
    "view, holds what is reserved, scheduled or, with acks_late, active, the workers' view.";
inline constexpr std::string_view kQueueOldestAgeHelp =
    "How long the oldest entry, the one next in turn, has waited: since it was put in, sent or "
    "due; of a stream, since its oldest unacknowledged entry was added. Of Celery without the "
    "event task-sent: since the exporter first saw it next, which begins at 0 at its start "
    "(celery_queue_oldest_task_age_seconds tells which).";

}  // namespace collectors
