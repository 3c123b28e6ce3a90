#include "exporter/config/claims.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>

namespace exporter {
namespace {

// The value of a label that is known only after a run.
constexpr std::string_view kAnyValue = "*";

struct Claim {
  std::size_t job;
  Labels labels;  // Sorted by name.
};

// A job's claims as they will appear on the page.
std::vector<TimedFamily> Exported(const Job& job) {
  FamilySet claimed;
  for (const HealthFamily& family : job.type->health) claimed.Gauge(family.name, "").Add(1);
  for (const SeriesId& series : job.collector->Claims()) {
    claimed.Gauge(series.name, "").Add(series.labels, 1);
  }
  LabelPolicy policy = job.policy;
  policy.max_series = std::numeric_limits<std::size_t>::max();
  return policy.Apply(std::move(claimed).Take()).families;
}

Labels LabelsOf(const Family& family, std::size_t index) {
  std::vector<LabelView> views;
  family.LabelsAt(index, views);
  Labels labels;
  for (const LabelView& view : views) labels.emplace_back(view.name, view.value);
  std::sort(labels.begin(), labels.end());
  return labels;
}

bool MayBeOne(const Labels& a, const Labels& b) {
  return std::equal(
      a.begin(), a.end(), b.begin(), b.end(), [](const auto& left, const auto& right) {
        return left.first == right.first && (left.second == right.second ||
                                             left.second == kAnyValue || right.second == kAnyValue);
      });
}

std::string Shown(const std::string& name, const Labels& labels) {
  std::string text;
  for (const auto& [label, value] : labels) {
    text += text.empty() ? "{" : ",";
    text.append(label).append("=\"").append(value).append("\"");
  }
  return name + (text.empty() ? "" : text + "}");
}

}  // namespace

std::vector<Clash> FindClashes(const std::vector<Job>& jobs) {
  std::vector<Clash> clashes;
  std::map<std::string, std::vector<Claim>> claims;
  for (std::size_t job = 0; job < jobs.size(); ++job) {
    std::optional<Clash> clash;
    for (const TimedFamily& timed : Exported(jobs[job])) {
      const Family& family = timed.family;
      std::vector<Claim>& others = claims[family.name()];
      for (std::size_t i = 0; i < family.size(); ++i) {
        const Labels labels = LabelsOf(family, i);
        const auto other = std::find_if(others.begin(), others.end(), [&](const Claim& claim) {
          return claim.job != job && MayBeOne(claim.labels, labels);
        });
        if (other != others.end() && !clash) {
          clash = Clash{other->job, job, Shown(family.name(), labels)};
        }
        others.push_back({job, labels});
      }
    }
    if (clash) clashes.push_back(*clash);
  }
  return clashes;
}

}  // namespace exporter
