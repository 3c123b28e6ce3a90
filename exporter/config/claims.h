#pragma once

#include <string>
#include <vector>

#include "exporter/config/job.h"

namespace exporter {

// A series that two jobs would both export. `first` and `second` are indices into the jobs.
struct Clash {
  std::size_t first;
  std::size_t second;
  std::string series;  // As on the page: redis_up{service="shop"}.
};

// Compares the series that the jobs claim (health families and Collector::Claims) after labels,
// prefix and relabelling. Reports at most one clash for each second job.
std::vector<Clash> FindClashes(const std::vector<Job>& jobs);

}  // namespace exporter
