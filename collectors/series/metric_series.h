#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "collectors/series/db_time.h"
#include "collectors/series/sql_metric.h"
#include "exporter/seam/deadline.h"
#include "exporter/seam/family_set.h"

namespace collectors {

// What to do with a series that the newest result lacks.
enum class OnMissing { kDrop, kZero, kKeep };

// How long and how much a metric remembers.
struct SeriesRules {
  OnMissing on_missing = OnMissing::kDrop;
  std::chrono::milliseconds stale_after{45000};
  // Whether stale_after comes from an own interval, not from the collector.
  bool own_interval = false;
  // Lines that kZero and kKeep remember; later ones are not remembered.
  std::size_t max_series = 10000;
  // Extends stale_after to three rounds of the collector, unless the user chose stale_after. Null
  // if the user did.
  std::shared_ptr<const DbTime> db_time = nullptr;

  // Sets an interval other than the collector's. Results then live for kRoundsUntilStale of
  // these intervals, and at least for stale_after.
  void SetInterval(std::chrono::milliseconds interval);
  // How long a result is shown.
  std::chrono::milliseconds StaleAfter() const;
  // Returns until when the run of `now` shows a result of the run of `answered`. Absent if the
  // collector's own stale_after applies.
  std::optional<exporter::SteadyTime> ExpiryOf(exporter::SteadyTime answered,
                                               exporter::SteadyTime now) const;
};

// The series of one metric from its last good result. They are shown until they are too old or a
// newer result comes.
class MetricSeries {
 public:
  MetricSeries(SqlMetric metric, SeriesRules rules)
      : metric_(std::move(metric)), rules_(std::move(rules)) {}

  const SqlMetric& metric() const { return metric_; }

  // Takes the result of a run that began at `now`. Returns false, and takes nothing, if it lacks
  // the metric's columns or exceeds a limit.
  bool Found(MappedSamples found, exporter::SteadyTime now);
  // Stops showing the last result.
  void Withdraw() { last_success_.reset(); }
  void Write(exporter::FamilySet& families, exporter::SteadyTime now) const;
  exporter::SeriesId Claim() const { return ClaimsOf(metric_).front(); }

  std::chrono::milliseconds StaleAfter() const { return rules_.StaleAfter(); }
  // Until when the last good result is shown; absent without one.
  std::optional<exporter::SteadyTime> ShownUntil() const {
    if (!last_success_) return std::nullopt;
    return *last_success_ + StaleAfter();
  }

 private:
  struct Last {
    double value;
    SqlHistogram histogram;
  };

  void Remember(const Sample& sample);
  Sample Missing(const exporter::Labels& labels, const Last& last) const;
  void AddMissing(std::vector<Sample>& samples, const std::vector<exporter::Labels>& nulls);

  SqlMetric metric_;
  SeriesRules rules_;
  std::vector<Sample> samples_;
  std::optional<exporter::SteadyTime> last_success_;
  // Every series seen so far, with its last value. Empty for kDrop.
  std::map<exporter::Labels, Last> seen_;
  std::size_t seen_lines_ = 0;  // Lines on the page; a histogram has several.
};

}  // namespace collectors
