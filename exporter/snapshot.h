#pragma once

#include <prometheus/metric_type.h>

#include <string>
#include <string_view>
#include <vector>

#include "exporter/deadline.h"
#include "exporter/family_set.h"

namespace exporter {

// One collector's published reading, as text. Never changed once made, so safe
// from any thread.
struct Snapshot {
  // A family in `text`: its HELP and TYPE, then its samples.
  struct Span {
    std::string name;
    prometheus::MetricType type;
    std::size_t begin;
    std::size_t samples;
    std::size_t end;
    std::size_t series;  // Lines of samples.
    SteadyTime expires_at;
  };

  std::string text;
  std::vector<Span> families;  // By name; of one name those that expire apart.

  std::string_view Header(const Span& span) const {
    return std::string_view(text).substr(span.begin, span.samples - span.begin);
  }
  std::string_view Samples(const Span& span) const {
    return std::string_view(text).substr(span.samples, span.end - span.samples);
  }
};

// Renders families, which LabelPolicy has checked. Those without an expiry of
// their own get `expires_at`.
Snapshot RenderSnapshot(std::vector<TimedFamily> families, SteadyTime expires_at);

}  // namespace exporter
