#include "exporter/seam/family_set.h"

namespace exporter {
namespace {

FamilyType TypeOf(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return FamilyType::kCounter;
    case prometheus::MetricType::Gauge:
      return FamilyType::kGauge;
    case prometheus::MetricType::Histogram:
      return FamilyType::kHistogram;
    case prometheus::MetricType::Summary:
      return FamilyType::kSummary;
    default:
      return FamilyType::kUnknown;
  }
}

void AppendViews(const Labels& labels, std::vector<LabelView>& views) {
  for (const auto& [name, value] : labels) views.push_back({name, value});
}

std::vector<LabelView> ViewsOf(const Labels& labels) {
  std::vector<LabelView> views;
  views.reserve(labels.size());
  AppendViews(labels, views);
  return views;
}

}  // namespace

FamilySet::Family& FamilySet::Family::Add(const Labels& labels, double value) {
  timed_.family.Add(ViewsOf(labels), value);
  return *this;
}

FamilySet::Family& FamilySet::Family::Add(const Labels& labels, const HistogramValue& histogram) {
  timed_.family.Add(ViewsOf(labels), histogram);
  return *this;
}

FamilySet::Family& FamilySet::Family::Add(const Labels& labels, const SummaryValue& summary) {
  timed_.family.Add(ViewsOf(labels), summary);
  return *this;
}

FamilySet::Family& FamilySet::Family::Add(const Labels& labels,
                                          const prometheus::ClientMetric::Histogram& histogram) {
  HistogramValue value{{}, histogram.sample_sum, static_cast<double>(histogram.sample_count)};
  for (const auto& bucket : histogram.bucket)
    value.buckets.push_back({bucket.upper_bound, static_cast<double>(bucket.cumulative_count)});
  return Add(labels, value);
}

FamilySet::Family& FamilySet::Family::Add(const Labels& labels,
                                          const prometheus::ClientMetric::Summary& summary) {
  SummaryValue value{{}, summary.sample_sum, static_cast<double>(summary.sample_count)};
  for (const auto& quantile : summary.quantile)
    value.quantiles.push_back({quantile.quantile, quantile.value});
  return Add(labels, value);
}

FamilySet::Family& FamilySet::Family::Extend(SampleExtras extras) {
  timed_.family.Extend(std::move(extras));
  return *this;
}

FamilySet::Family& FamilySet::Open(FamilyType type, std::string_view name, std::string_view help,
                                   std::optional<SteadyTime> expires_at) {
  const auto [found, fresh] = by_name_.try_emplace({std::string(name), expires_at});
  if (!fresh) return *found->second;
  found->second = &families_.emplace_back(
      Family({exporter::Family(type, std::string(name), std::string(help)), expires_at}));
  return *found->second;
}

FamilySet::Family& FamilySet::Open(prometheus::MetricType type, std::string_view name,
                                   std::string_view help, std::optional<SteadyTime> expires_at) {
  return Open(TypeOf(type), name, help, expires_at);
}

FamilySet::Family& FamilySet::Gauge(std::string_view name, std::string_view help) {
  return Open(FamilyType::kGauge, name, help);
}

FamilySet::Family& FamilySet::Counter(std::string_view name, std::string_view help) {
  return Open(FamilyType::kCounter, name, help);
}

void FamilySet::Absorb(FamilySet other, const Labels& labels) {
  std::vector<LabelView> views;
  for (const TimedFamily& timed : std::move(other).Take()) {
    const auto& family = timed.family;
    auto& mine = Open(family.type(), family.name(), family.help(), timed.expires_at).timed_.family;
    for (std::size_t i = 0; i < family.size(); ++i) {
      family.LabelsAt(i, views);
      AppendViews(labels, views);
      mine.AddCopy(views, family, i);
    }
  }
}

std::vector<TimedFamily> FamilySet::Take() && {
  std::vector<TimedFamily> taken;
  taken.reserve(families_.size());
  for (Family& family : families_) {
    if (!family.timed_.family.empty()) taken.push_back(std::move(family.timed_));
  }
  by_name_.clear();
  families_.clear();
  return taken;
}

}  // namespace exporter
