#pragma once

#include <string>
#include <vector>

#include "exporter/config/job.h"

namespace exporter {

// A series that two jobs would both export, each an index into the jobs.
struct Clash {
  std::size_t first;
  std::size_t second;
  std::string series;  // As on the page: redis_up{service="shop"}.
};

// Looks through what the jobs claim (their health families and Collector::Claims),
// after their labels, prefix and relabelling. One clash at most for each
// second job: the next ones would say the same.
std::vector<Clash> FindClashes(const std::vector<Job>& jobs);

}  // namespace exporter
