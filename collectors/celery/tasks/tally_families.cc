#include "collectors/celery/tasks/tally_families.h"

namespace collectors {

using exporter::FamilySet;

FamilySet::Family& OpenTracked(FamilySet& families) {
  return families.Gauge("celery_tasks_tracked",
                        "Tasks remembered because their end was not heard; max_tasks at most.");
}

FamilySet::Family& OpenEvicted(FamilySet& families) {
  return families.Counter(
      "celery_tasks_evicted_total",
      "Tasks given up before their end was heard: count where there were more than max_tasks, age "
      "where nothing was heard of them for task_retention, worker where the worker that ran them "
      "is gone, or says that it runs nothing.");
}

}  // namespace collectors
