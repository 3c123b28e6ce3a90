#include "exporter/family_set.h"

namespace exporter {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;

ClientMetric WithLabels(const Labels& labels) {
  ClientMetric metric;
  metric.label.reserve(labels.size());
  for (const auto& [name, value] : labels) metric.label.push_back({name, value});
  return metric;
}

}  // namespace

FamilySet::Family& FamilySet::Family::Add(const Labels& labels, double value) {
  ClientMetric metric = WithLabels(labels);
  switch (timed_.family.type) {
    case MetricType::Counter:
      metric.counter.value = value;
      break;
    case MetricType::Untyped:
      metric.untyped.value = value;
      break;
    default:
      metric.gauge.value = value;
  }
  timed_.family.metric.push_back(std::move(metric));
  return *this;
}

FamilySet::Family& FamilySet::Family::Add(const Labels& labels, ClientMetric::Histogram histogram) {
  ClientMetric metric = WithLabels(labels);
  metric.histogram = std::move(histogram);
  timed_.family.metric.push_back(std::move(metric));
  return *this;
}

FamilySet::Family& FamilySet::Family::Add(const Labels& labels, ClientMetric::Summary summary) {
  ClientMetric metric = WithLabels(labels);
  metric.summary = std::move(summary);
  timed_.family.metric.push_back(std::move(metric));
  return *this;
}

FamilySet::Family& FamilySet::Open(MetricType type, std::string_view name, std::string_view help,
                                   std::optional<SteadyTime> expires_at) {
  const auto [found, fresh] = by_name_.try_emplace({std::string(name), expires_at});
  if (!fresh) return *found->second;
  Family& family = families_.emplace_back();
  family.timed_.expires_at = expires_at;
  family.timed_.family.type = type;
  family.timed_.family.name = name;
  family.timed_.family.help = help;
  found->second = &family;
  return family;
}

FamilySet::Family& FamilySet::Gauge(std::string_view name, std::string_view help) {
  return Open(MetricType::Gauge, name, help);
}

FamilySet::Family& FamilySet::Counter(std::string_view name, std::string_view help) {
  return Open(MetricType::Counter, name, help);
}

void FamilySet::Absorb(FamilySet other, const Labels& labels) {
  const ClientMetric more = WithLabels(labels);
  for (TimedFamily& timed : std::move(other).Take()) {
    const auto& family = timed.family;
    auto& mine = Open(family.type, family.name, family.help, timed.expires_at).timed_.family.metric;
    for (ClientMetric& metric : timed.family.metric) {
      metric.label.insert(metric.label.end(), more.label.begin(), more.label.end());
      mine.push_back(std::move(metric));
    }
  }
}

std::vector<TimedFamily> FamilySet::Take() && {
  std::vector<TimedFamily> taken;
  taken.reserve(families_.size());
  for (Family& family : families_) {
    if (!family.timed_.family.metric.empty()) taken.push_back(std::move(family.timed_));
  }
  by_name_.clear();
  families_.clear();
  return taken;
}

}  // namespace exporter
