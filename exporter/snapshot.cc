#include "exporter/snapshot.h"

#include <algorithm>

#include "exporter/exposition.h"

namespace exporter {

Snapshot RenderSnapshot(std::vector<TimedFamily> families, SteadyTime expires_at) {
  std::stable_sort(
      families.begin(), families.end(),
      [](const TimedFamily& a, const TimedFamily& b) { return a.family.name < b.family.name; });
  Snapshot snapshot;
  snapshot.families.reserve(families.size());
  for (TimedFamily& timed : families) {
    const std::size_t begin = snapshot.text.size();
    AppendHeader(snapshot.text, timed.family);
    const std::size_t samples = snapshot.text.size();
    for (const auto& metric : timed.family.metric)
      AppendMetric(snapshot.text, timed.family, metric);
    const auto lines = std::count(snapshot.text.begin() + static_cast<std::ptrdiff_t>(samples),
                                  snapshot.text.end(), '\n');
    snapshot.families.push_back({timed.family.name, timed.family.type, begin, samples,
                                 snapshot.text.size(), static_cast<std::size_t>(lines),
                                 timed.expires_at.value_or(expires_at)});
    timed.family.metric = {};  // The text takes its place: not both at once.
  }
  snapshot.text.shrink_to_fit();
  return snapshot;
}

}  // namespace exporter
