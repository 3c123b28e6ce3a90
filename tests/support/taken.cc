#include "tests/support/taken.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "exporter/forms/exposition.h"
#include "exporter/labels/label_policy.h"
#include "exporter/page/page_index.h"

namespace exporter::testing {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;

MetricType TypeOf(FamilyType type) {
  switch (type) {
    case FamilyType::kCounter:
      return MetricType::Counter;
    case FamilyType::kHistogram:
      return MetricType::Histogram;
    case FamilyType::kSummary:
      return MetricType::Summary;
    case FamilyType::kUnknown:
      return MetricType::Untyped;
    default:
      return MetricType::Gauge;
  }
}

FamilyType TypeOf(MetricType type) {
  switch (type) {
    case MetricType::Counter:
      return FamilyType::kCounter;
    case MetricType::Histogram:
      return FamilyType::kHistogram;
    case MetricType::Summary:
      return FamilyType::kSummary;
    case MetricType::Untyped:
      return FamilyType::kUnknown;
    default:
      return FamilyType::kGauge;
  }
}

void SetValue(const Family& family, std::size_t index, ClientMetric& metric) {
  const std::size_t lines = family.LinesAt(index);
  if (IsSimple(family.type())) {
    const double value = family.ValueAt(index);
    metric.gauge.value = metric.counter.value = metric.untyped.value = value;
    return;
  }
  const double sum = family.LineAt(index, lines - 2).value;
  const auto count = static_cast<std::uint64_t>(family.LineAt(index, lines - 1).value);
  for (std::size_t i = 0; i + 2 < lines; ++i) {
    const Family::Line line = family.LineAt(index, i);
    if (family.type() == FamilyType::kSummary) {
      metric.summary.quantile.push_back({line.bound, line.value});
    } else if (!std::isinf(line.bound)) {
      metric.histogram.bucket.push_back({static_cast<std::uint64_t>(line.value), line.bound});
    }
  }
  metric.histogram.sample_sum = metric.summary.sample_sum = sum;
  metric.histogram.sample_count = metric.summary.sample_count = count;
}

}  // namespace

prometheus::MetricFamily ToPrometheus(const Family& family) {
  prometheus::MetricFamily made{family.name(), family.help(), TypeOf(family.type()), {}};
  std::vector<LabelView> labels;
  for (std::size_t i = 0; i < family.size(); ++i) {
    ClientMetric& metric = made.metric.emplace_back();
    family.LabelsAt(i, labels);
    for (const LabelView& label : labels)
      metric.label.push_back({std::string(label.name), std::string(label.value)});
    SetValue(family, i, metric);
  }
  return made;
}

std::vector<Taken> TakenFrom(FamilySet&& families) {
  std::vector<Taken> taken;
  for (const TimedFamily& timed : std::move(families).Take())
    taken.push_back({ToPrometheus(timed.family), timed.expires_at});
  return taken;
}

FamilySet Judged(FamilySet&& families) {
  FamilySet judged;
  std::vector<LabelView> views;
  for (const TimedFamily& timed : LabelPolicy{}.Apply(std::move(families).Take()).families) {
    const Family& family = timed.family;
    auto& opened = judged.Open(family.type(), family.name(), family.help(), timed.expires_at);
    for (std::size_t i = 0; i < family.size(); ++i) {
      family.LabelsAt(i, views);
      Labels labels;
      for (const LabelView& view : views) labels.emplace_back(view.name, view.value);
      if (IsSimple(family.type())) {
        opened.Add(labels, family.ValueAt(i));
      } else if (HasBuckets(family.type())) {
        opened.Add(labels, HistogramValue{{}, 1, 2});
      } else {
        opened.Add(labels, SummaryValue{{}, 1, 2});
      }
    }
  }
  return judged;
}

std::string PageOf(std::vector<TimedFamily> families) {
  SlotFamilies published;
  for (TimedFamily& timed : families) {
    published.push_back({std::make_shared<const Family>(std::move(timed.family)),
                         timed.expires_at.value_or(SteadyTime::max())});
  }
  std::stable_sort(published.begin(), published.end(), [](const auto& a, const auto& b) {
    return a.family->name() < b.family->name();
  });
  PageIndex index({});
  index.Update(0, published);
  return Page(index.AllChunks(), 1).Text();
}

std::string Rendered(const prometheus::MetricFamily& family) {
  FamilySet set;
  auto& opened = set.Open(TypeOf(family.type), family.name, family.help);
  for (const ClientMetric& metric : family.metric) {
    Labels labels;
    for (const auto& label : metric.label) labels.emplace_back(label.name, label.value);
    if (family.type == MetricType::Histogram) {
      opened.Add(labels, metric.histogram);
    } else if (family.type == MetricType::Summary) {
      opened.Add(labels, metric.summary);
    } else {
      opened.Add(labels, metric.gauge.value);
    }
  }
  return Rendered(std::move(set));
}

std::string Rendered(FamilySet&& families) {
  std::string text;
  for (const TimedFamily& timed : std::move(families).Take()) AppendText(text, timed.family);
  return text;
}

}  // namespace exporter::testing
