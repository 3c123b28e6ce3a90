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

// What becomes of a series that an answer no longer has.
enum class OnMissing { kDrop, kZero, kKeep };

// How long and how much a metric remembers.
struct SeriesRules {
  OnMissing on_missing = OnMissing::kDrop;
  std::chrono::milliseconds stale_after{45000};
  // Whether stale_after is its own, and not the collector's.
  bool own_interval = false;
  std::size_t max_series = 10000;  // Lines remembered for kZero and kKeep; later ones are not.
  // What may stretch stale_after, where nobody chose it: to three rounds of the
  // collector. Null where somebody did.
  std::shared_ptr<const DbTime> db_time = nullptr;

  // What is asked every `interval`, another one than the collector's, lives for as many of these.
  void SetInterval(std::chrono::milliseconds interval);
  // How long an answer is shown.
  std::chrono::milliseconds StaleAfter() const;
  // Until when a run of `now` shows an answer of the run of `answered`. Absent
  // where the collector's own stale_after says it.
  std::optional<exporter::SteadyTime> ExpiryOf(exporter::SteadyTime answered,
                                               exporter::SteadyTime now) const;
};

// The series of one metric: what the last good answer said, shown until it is
// too old or a newer one comes.
class MetricSeries {
 public:
  MetricSeries(SqlMetric metric, SeriesRules rules)
      : metric_(std::move(metric)), rules_(std::move(rules)) {}

  const SqlMetric& metric() const { return metric_; }

  // Takes the answer of a run that began at `now`. False where it says nothing of
  // the series: it has not the metric's columns, or too much.
  bool Found(MappedSamples found, exporter::SteadyTime now);
  // What is left of the last answer is no longer to be shown.
  void Withdraw() { last_success_.reset(); }
  void Write(exporter::FamilySet& families, exporter::SteadyTime now) const;
  exporter::SeriesId Claim() const { return ClaimsOf(metric_).front(); }

  std::chrono::milliseconds StaleAfter() const { return rules_.StaleAfter(); }
  // Until when the last good answer is shown; absent if there is none.
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
  // Every series that was ever there, with its last value; empty for kDrop.
  std::map<exporter::Labels, Last> seen_;
  std::size_t seen_lines_ = 0;  // On the page; a histogram has several.
};

}  // namespace collectors
