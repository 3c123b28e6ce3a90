#pragma once

#include <prometheus/client_metric.h>
#include <prometheus/metric_type.h>

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/seam/deadline.h"
#include "exporter/seam/family.h"

namespace exporter {

// A family and the time at which it is withdrawn. Without one, the collector's stale_after decides.
struct TimedFamily {
  Family family;
  std::optional<SteadyTime> expires_at;
};

// The metric families of one run of a collector:
//
//   FamilySet families;
//   families.Gauge("queue_depth", "Messages that wait.").Add({{"queue", "mail"}}, 3);
//
// Nothing is checked here. LabelPolicy checks names, UTF-8, duplicates and limits, after labels and
// relabelling.
class FamilySet {
 public:
  class Family {
   public:
    Family& Add(double value) { return Add({}, value); }
    // For a family of plain values.
    Family& Add(const Labels& labels, double value);
    Family& Add(const Labels& labels, const HistogramValue& histogram);
    Family& Add(const Labels& labels, const SummaryValue& summary);
    // The same with prometheus-cpp's values.
    Family& Add(const Labels& labels, const prometheus::ClientMetric::Histogram& histogram);
    Family& Add(const Labels& labels, const prometheus::ClientMetric::Summary& summary);
    // Adds to the last sample.
    Family& Extend(SampleExtras extras);

   private:
    friend class FamilySet;
    explicit Family(TimedFamily timed) : timed_(std::move(timed)) {}
    TimedFamily timed_;
  };

  // Returns the family with this name and expiry, and opens it if it is new. The first type and
  // help stay. Samples of one name that expire at different times are separate families here and
  // one on the page. The reference is valid for the life of the set, also after a move.
  Family& Open(FamilyType type, std::string_view name, std::string_view help,
               std::optional<SteadyTime> expires_at = {});
  Family& Open(prometheus::MetricType type, std::string_view name, std::string_view help,
               std::optional<SteadyTime> expires_at = {});
  Family& Gauge(std::string_view name, std::string_view help);
  Family& Counter(std::string_view name, std::string_view help);

  // Takes over all families of another set and appends these labels to each sample: one of several
  // nodes, for example.
  void Absorb(FamilySet other, const Labels& labels);

  // The families in the order in which they were opened, without the empty ones.
  std::vector<TimedFamily> Take() &&;

 private:
  std::deque<Family> families_;
  std::map<std::pair<std::string, std::optional<SteadyTime>>, Family*> by_name_;
};

}  // namespace exporter
