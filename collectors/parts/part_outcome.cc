#include "collectors/parts/part_outcome.h"

namespace collectors {
namespace {

constexpr char kDuration[] = "pg_scrape_collector_duration_seconds";
constexpr char kSuccess[] = "pg_scrape_collector_success";
constexpr char kLabel[] = "collector";

}  // namespace

void WriteOutcome(exporter::FamilySet& families, const PartOutcome& outcome) {
  families.Gauge(kDuration, "Seconds that the part's statements took when they last ran.")
      .Add({{kLabel, outcome.name}}, outcome.seconds);
  families.Gauge(kSuccess, "Whether all of the part's statements succeeded when they last ran.")
      .Add({{kLabel, outcome.name}}, outcome.succeeded ? 1 : 0);
}

std::vector<exporter::SeriesId> OutcomeClaims(const std::string& name) {
  return {{kDuration, {{kLabel, name}}}, {kSuccess, {{kLabel, name}}}};
}

}  // namespace collectors
