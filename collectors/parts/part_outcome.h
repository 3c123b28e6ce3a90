#pragma once

#include <string>
#include <vector>

#include "exporter/seam/collector.h"
#include "exporter/seam/family_set.h"

namespace collectors {

// How the statements of a named part went when they last ran.
struct PartOutcome {
  std::string name;
  double seconds = 0;
  bool succeeded = true;
};

// Adds pg_scrape_collector_duration_seconds and pg_scrape_collector_success, as postgres_exporter
// does for its collectors.
void WriteOutcome(exporter::FamilySet& families, const PartOutcome& outcome);
std::vector<exporter::SeriesId> OutcomeClaims(const std::string& name);

}  // namespace collectors
