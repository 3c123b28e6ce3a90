// Messages of an event stream, with any contents and in either wrapping, leave a bounded tally
// with counters that never fall, and a page without an absurd value.

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "collectors/celery/tasks/event_tally.h"
#include "collectors/celery/wire/event_decoder.h"
#include "exporter/labels/label_policy.h"
#include "tests/fuzz/require.h"
#include "tests/support/page_check.h"
#include "tests/support/taken.h"

namespace {

using collectors::EventTally;
using collectors::Wrapping;
using prometheus::MetricType;

constexpr std::size_t kMaxTasks = 4;
constexpr std::size_t kMaxSeries = 8;
constexpr double kNow = 1'800'000'000;

collectors::TallyOptions Options() {
  collectors::TallyOptions options;
  options.worker_label = true;
  options.max_tasks = kMaxTasks;
  options.task_retention = std::chrono::minutes(1);
  options.max_exceptions = 2;
  options.max_counters = 9 * kMaxSeries;
  options.max_histograms = 100;
  options.runtime_buckets = {0.1, 10};
  options.wait_buckets = {1};
  return options;
}

class Sink : public collectors::EventSink {
 public:
  void OnEvent(const collectors::CeleryEvent& event) override {
    fuzz::Require(event.hostname.size() <= 1024 && event.name.size() <= 1024 &&
                      event.queue.size() <= 1024 && event.exception.size() <= 200,
                  "a long text");
    now += std::chrono::milliseconds(250);
    tally.Count(event, now);
    (void)tally.WaitingSince(event.uuid, kNow);
    (void)tally.OldestWaiting(event.queue, 3, now, kNow);
  }
  void OnUnknownEvent() override { now += std::chrono::seconds(10); }
  void OnMalformedEvent() override {}

  EventTally tally{Options()};
  exporter::SteadyTime now;
};

using Values = std::map<std::string, double>;

std::string KeyOf(const std::string& name, const prometheus::ClientMetric& metric) {
  std::string key = name;
  for (const auto& label : metric.label) key += '\n' + label.value;
  return key;
}

void RequireHistogram(const prometheus::ClientMetric::Histogram& histogram) {
  std::uint64_t last = 0;
  for (const auto& bucket : histogram.bucket) {
    fuzz::Require(bucket.cumulative_count >= last, "a histogram that does not rise");
    last = bucket.cumulative_count;
  }
  fuzz::Require(last <= histogram.sample_count, "a bucket above the total");
}

double ValueOf(MetricType type, const prometheus::ClientMetric& metric) {
  if (type == MetricType::Counter) return metric.counter.value;
  if (type == MetricType::Gauge) return metric.gauge.value;
  RequireHistogram(metric.histogram);
  return metric.histogram.sample_sum;
}

void RequireTracked(const std::string& family, double value) {
  if (family == "celery_tasks_tracked" || family == "celery_tasks_in_progress")
    fuzz::Require(value <= kMaxTasks, "more tasks than max_tasks");
}

// Returns the values of counters and the sums of histograms.
Values RisingValues(const std::vector<exporter::testing::Taken>& families) {
  Values values;
  for (const auto& timed : families) {
    const auto& family = timed.family;
    fuzz::Require(family.metric.size() <= 16 * kMaxSeries, "more series than a bound allows");
    for (const auto& metric : family.metric) {
      const double value = ValueOf(family.type, metric);
      fuzz::Require(std::isfinite(value) && value >= 0, "an absurd value");
      RequireTracked(family.name, value);
      if (family.type == MetricType::Gauge) continue;
      fuzz::Require(values.emplace(KeyOf(family.name, metric), value).second, "a series twice");
    }
  }
  return values;
}

exporter::FamilySet Write(Sink& sink) {
  exporter::FamilySet families;
  sink.tally.Write(families, sink.now);
  return families;
}

void RequireNoFall(const Values& before, const Values& after) {
  for (const auto& [key, value] : before) {
    const auto found = after.find(key);
    fuzz::Require(found != after.end() && found->second >= value, "a counter that falls: " + key);
  }
}

}  // namespace

// Each line is a message.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(bytes), size);
  collectors::EventDecoder decoder;
  Sink sink;
  Values before;
  for (std::size_t messages = 1; !text.empty(); ++messages) {
    const std::string_view message = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(message.size() + 1, text.size()));
    for (const Wrapping wrapping : {Wrapping::kPlain, Wrapping::kEnvelope})
      decoder.Decode(message, wrapping, sink);
    if (!std::has_single_bit(messages)) continue;  // Writing costs more than everything else.
    Values after = RisingValues(exporter::testing::TakenFrom(Write(sink)));
    RequireNoFall(before, after);
    before = std::move(after);
  }
  sink.now += std::chrono::hours(1);
  RequireNoFall(before, RisingValues(exporter::testing::TakenFrom(Write(sink))));
  fuzz::Require(sink.tally.Queues().size() <= 200, "too many queues");
  auto result = exporter::LabelPolicy().Apply(Write(sink).Take());
  const std::string page = exporter::testing::PageOf(std::move(result.families));
  const std::string problem = testing::PageProblem(page);
  fuzz::Require(problem.empty(), problem);
  return 0;
}
