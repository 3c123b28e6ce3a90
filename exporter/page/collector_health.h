#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/labels/labelled.h"
#include "exporter/page/page_index.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/family_set.h"

namespace exporter {

struct HealthSeries;

// The end of a run: the label `result` of exporter_collector_collections_total.
enum class RunResult { kSuccess, kError, kTimeout, kSkipped };
inline constexpr std::size_t kRunResults = 4;
std::string_view Name(RunResult result);

// What the store knows of a collector besides its reading.
struct CollectorHealth {
  std::string name;
  std::string type;
  bool up = false;        // The target answered in the last run.
  bool finished = false;  // A run has ended and its reading is published, or a run is overdue.
  std::size_t failed_parts = 0;
  std::size_t series = 0;        // On the latest page.
  double duration_seconds = 0;   // Of the last run.
  double durations_seconds = 0;  // Of all runs together.
  double last_success_unix = 0;  // 0 until the first success.
  std::array<std::uint64_t, kRunResults> collections{};
  std::array<std::uint64_t, kErrorKinds> errors{};
  Dropped dropped;
  SeriesCut cut;                          // By max_series, in the published reading.
  std::vector<CollectError> last_errors;  // Of the last run; 20 at most.
  std::shared_ptr<const std::vector<HealthSeries>> health_series;
  std::shared_ptr<const SlotFamilies> account;  // Collector::Account(); null before the first run.
};

}  // namespace exporter
