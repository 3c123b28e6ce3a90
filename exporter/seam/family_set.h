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

// A family, and until when its samples may be shown. Without a time of its
// own it lives as long as its collector's stale_after says.
struct TimedFamily {
  Family family;
  std::optional<SteadyTime> expires_at;
};

// The metric families that one run of a collector found:
//
//   FamilySet families;
//   families.Gauge("queue_depth", "Messages that wait.").Add({{"queue", "mail"}}, 3);
//
// What is written is not judged here: names, UTF-8, duplicates and limits are
// checked by LabelPolicy, after labels and relabelling had their say.
class FamilySet {
 public:
  class Family {
   public:
    Family& Add(double value) { return Add({}, value); }
    // For a family of plain values.
    Family& Add(const Labels& labels, double value);
    Family& Add(const Labels& labels, const HistogramValue& histogram);
    Family& Add(const Labels& labels, const SummaryValue& summary);
    // prometheus-cpp's own values, for who brings them.
    Family& Add(const Labels& labels, const prometheus::ClientMetric::Histogram& histogram);
    Family& Add(const Labels& labels, const prometheus::ClientMetric::Summary& summary);
    // To the sample that was added last.
    Family& Extend(SampleExtras extras);

   private:
    friend class FamilySet;
    explicit Family(TimedFamily timed) : timed_(std::move(timed)) {}
    TimedFamily timed_;
  };

  // Opens the family of this name and expiry, or finds it if it is open
  // already; the first type and help stay. Samples of one name that expire apart
  // are families apart here, and one on the page. The reference is good for the
  // life of the set, moves included.
  Family& Open(FamilyType type, std::string_view name, std::string_view help,
               std::optional<SteadyTime> expires_at = {});
  Family& Open(prometheus::MetricType type, std::string_view name, std::string_view help,
               std::optional<SteadyTime> expires_at = {});
  Family& Gauge(std::string_view name, std::string_view help);
  Family& Counter(std::string_view name, std::string_view help);

  // Takes all families of another set over, each sample with these labels behind
  // its own: what one of several nodes said.
  void Absorb(FamilySet other, const Labels& labels);

  // The families in the order they were opened, those without a sample left out.
  std::vector<TimedFamily> Take() &&;

 private:
  std::deque<Family> families_;
  std::map<std::pair<std::string, std::optional<SteadyTime>>, Family*> by_name_;
};

}  // namespace exporter
