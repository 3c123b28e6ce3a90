#include "tests/support/tally_samples.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <utility>

#include "tests/support/taken.h"

namespace testing {
namespace {

std::string LabelsText(const prometheus::ClientMetric& metric) {
  std::string text;
  for (const auto& label : metric.label) text += (text.empty() ? "{" : ",") + label.value;
  return text.empty() ? text : text + "}";
}

void Add(const std::string& key, double value, Samples& samples) {
  if (!samples.emplace(key, value).second) FAIL_CHECK("a series twice: " << key);
}

void AddHistogram(const std::string& name, const prometheus::ClientMetric& metric,
                  Samples& samples) {
  const std::string labels = LabelsText(metric);
  Add(name + "_count" + labels, static_cast<double>(metric.histogram.sample_count), samples);
  Add(name + "_sum" + labels, metric.histogram.sample_sum, samples);
  for (const auto& bucket : metric.histogram.bucket)
    Add(fmt::format("{}_le_{}{}", name, bucket.upper_bound, labels),
        static_cast<double>(bucket.cumulative_count), samples);
}

}  // namespace

Samples SamplesOf(collectors::EventTally& tally, exporter::SteadyTime now) {
  exporter::FamilySet families;
  tally.Write(families, now);
  Samples samples;
  for (const auto& timed : exporter::testing::TakenFrom(std::move(families))) {
    const auto& family = timed.family;
    for (const auto& metric : family.metric) {
      if (family.type == prometheus::MetricType::Histogram)
        AddHistogram(family.name, metric, samples);
      else
        Add(family.name + LabelsText(metric),
            family.type == prometheus::MetricType::Counter ? metric.counter.value
                                                           : metric.gauge.value,
            samples);
    }
  }
  return samples;
}

}  // namespace testing
