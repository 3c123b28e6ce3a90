#include "collectors/celery/tasks/task_series.h"

#include <algorithm>
#include <cmath>

namespace collectors {
namespace {

using exporter::FamilySet;
using exporter::Labels;

// More than a year is a clock error.
constexpr double kLongest = 366.0 * 24 * 3600;
// Seven counters, tasks in progress, exception="", and one class of failures.
constexpr std::size_t kLinesOfSeries = 10;
constexpr std::size_t kLinesBesideBounds = 3;  // The bucket of all, the sum and the count.
constexpr TaskLabels kOverflow = {kOtherLabel, kOtherLabel, kOtherLabel};

struct CounterRule {
  EventType type;
  const char* name;
  const char* help;
};

constexpr const char* kFailedName = "celery_task_failed_total";
constexpr const char* kFailedHelp =
    "Tasks that ended with an exception, by its class; the rest of many classes as other.";

constexpr CounterRule kCounters[] = {
    {EventType::kTaskSent, "celery_task_sent_total",
     "Tasks that were sent. Only told by producers with task_send_sent_event."},
    {EventType::kTaskReceived, "celery_task_received_total", "Tasks that a worker received."},
    {EventType::kTaskStarted, "celery_task_started_total", "Tasks that a worker began to run."},
    {EventType::kTaskSucceeded, "celery_task_succeeded_total", "Tasks that ended with a result."},
    {EventType::kTaskRejected, "celery_task_rejected_total",
     "Tasks that a worker gave back to the broker or to a dead letter queue."},
    {EventType::kTaskRevoked, "celery_task_revoked_total",
     "Tasks that were revoked, expired ones among them."},
    {EventType::kTaskRetried, "celery_task_retried_total",
     "Runs of tasks that failed and are to be tried again."},
};

struct DurationRule {
  TaskDuration duration;
  const char* name;
  const char* help;
};

constexpr DurationRule kDurations[] = {
    {TaskDuration::kRuntime, "celery_task_runtime",
     "Seconds that tasks ran until they succeeded, as their workers measured them."},
    {TaskDuration::kQueueWait, "celery_task_queue_wait_time",
     "Seconds from when a task was sent, or was due where that was later, to its start. Needs "
     "task-sent events."},
    {TaskDuration::kFailureRuntime, "celery_task_failure_runtime_seconds",
     "Seconds that tasks ran until they failed, by the times of their events."},
    {TaskDuration::kWorkerWait, "celery_task_worker_wait_seconds",
     "Seconds from when a worker received a task, or it was due where that was later, to its "
     "start."},
};

std::uint64_t KeyOf(TaskLabels labels) {
  return static_cast<std::uint64_t>(labels.worker) << 32 |
         static_cast<std::uint64_t>(labels.queue) << 16 | labels.name;
}

Labels TextsOf(TaskLabels labels, const TaskLabelTables& tables, bool worker_label) {
  Labels texts = {{"name", tables.names.Text(labels.name)},
                  {"queue_name", tables.queues.Text(labels.queue)}};
  if (worker_label) texts.emplace_back("hostname", tables.workers.Text(labels.worker));
  return texts;
}

}  // namespace

TaskSeries::TaskSeries(Limits limits, Buckets buckets)
    : limits_(limits), buckets_(std::move(buckets)), exceptions_(limits.exceptions) {}

std::size_t TaskSeries::MostOf(std::size_t counters) { return counters / kLinesOfSeries; }

FamilySet::Family& TaskSeries::OpenFolded(FamilySet& families) {
  return families.Counter("celery_task_series_folded_total",
                          "Task events counted under the labels other, because there are too many "
                          "series for max_series.");
}

TaskSeries::Series& TaskSeries::Add(TaskLabels labels) {
  Series& series = series_.emplace_back();
  series.labels = labels;
  by_labels_.emplace(KeyOf(labels), &series);
  return series;
}

TaskSeries::Series* TaskSeries::Find(TaskLabels labels) {
  const auto found = by_labels_.find(KeyOf(labels));
  if (found != by_labels_.end()) return found->second;
  const bool has_values =
      labels.name != kFoldedLabel && labels.queue != kFoldedLabel && labels.worker != kFoldedLabel;
  if (!has_values || counters_ + kLinesOfSeries > limits_.counters) {
    is_full_ = true;
    return nullptr;
  }
  counters_ += kLinesOfSeries;
  return &Add(labels);
}

TaskSeries::Series& TaskSeries::Overflow() {
  const auto found = by_labels_.find(KeyOf(kOverflow));
  return found == by_labels_.end() ? Add(kOverflow) : *found->second;
}

void TaskSeries::Count(TaskLabels labels, EventType type, std::uint64_t times, Label exception) {
  Series* const own = Find(labels);
  if (own == nullptr) folded_ += times;
  Series& series = own == nullptr ? Overflow() : *own;
  series.counts[static_cast<std::size_t>(type)] += times;
  if (type == EventType::kTaskFailed) CountFailures(series, ShownLabel(exception), times);
}

// Each class of a series after the first costs a line. The last may be "other", which always has
// one.
void TaskSeries::CountFailures(Series& series, Label exception, std::uint64_t times) {
  const auto find = [&](Label label) {
    return std::find_if(series.failures.begin(), series.failures.end(),
                        [&](const auto& failure) { return failure.first == label; });
  };
  auto found = find(exception);
  const bool has_line = series.failures.empty() || counters_ < limits_.counters;
  if (found == series.failures.end() && !has_line) {
    is_full_ = true;
    exception = kOtherLabel;
    found = find(exception);
  }
  if (found != series.failures.end()) {
    found->second += times;
    return;
  }
  if (!series.failures.empty()) ++counters_;
  series.failures.emplace_back(exception, times);
}

const std::vector<double>& TaskSeries::BoundsOf(TaskDuration duration) const {
  const bool is_wait =
      duration == TaskDuration::kQueueWait || duration == TaskDuration::kWorkerWait;
  return is_wait ? buckets_.wait : buckets_.runtime;
}

void TaskSeries::Observe(TaskLabels labels, TaskDuration duration, double seconds) {
  if (!(std::abs(seconds) <= kLongest)) return;  // Also rejects NaN.
  Series* const own = Find(labels);
  EventHistogram* histogram = own == nullptr ? nullptr : FindHistogram(*own, duration);
  if (histogram == nullptr) histogram = FindHistogram(Overflow(), duration);
  histogram->Observe(std::max(seconds, 0.0), BoundsOf(duration));
}

EventHistogram* TaskSeries::FindHistogram(Series& series, TaskDuration duration) {
  auto& histogram = series.durations[static_cast<std::size_t>(duration)];
  if (histogram) return histogram.get();
  const std::size_t lines = BoundsOf(duration).size() + kLinesBesideBounds;
  const bool is_overflow = KeyOf(series.labels) == KeyOf(kOverflow);
  if (!is_overflow && histograms_ + lines > limits_.histograms) {
    is_full_ = true;
    return nullptr;
  }
  if (!is_overflow) histograms_ += lines;
  histogram = std::make_unique<EventHistogram>();
  return histogram.get();
}

std::vector<Labels> TaskSeries::Texts(const TaskLabelTables& tables, bool worker_label) const {
  std::vector<Labels> texts;
  texts.reserve(series_.size());
  for (const Series& series : series_)
    texts.push_back(TextsOf(series.labels, tables, worker_label));
  return texts;
}

void TaskSeries::WriteCounters(const std::vector<Labels>& texts, FamilySet& families) const {
  for (const CounterRule& rule : kCounters) {
    auto& family = families.Counter(rule.name, rule.help);
    for (std::size_t i = 0; i < series_.size(); ++i) {
      const auto count = series_[i].counts[static_cast<std::size_t>(rule.type)];
      family.Add(texts[i], static_cast<double>(count));
    }
  }
}

void TaskSeries::WriteFailures(const std::vector<Labels>& texts, FamilySet& families) const {
  auto& family = families.Counter(kFailedName, kFailedHelp);
  const auto add = [&](Labels labels, std::string_view exception, std::uint64_t count) {
    labels.emplace_back("exception", exception);
    family.Add(labels, static_cast<double>(count));
  };
  for (std::size_t i = 0; i < series_.size(); ++i) {
    add(texts[i], "", 0);  // As in celery-exporter: a rate needs a sample before the first failure.
    for (const auto& [exception, count] : series_[i].failures) {
      add(texts[i], exceptions_.Text(exception), count);
    }
  }
}

void TaskSeries::WriteDurations(const std::vector<Labels>& texts, FamilySet& families) const {
  for (const DurationRule& rule : kDurations) {
    auto& family = families.Open(prometheus::MetricType::Histogram, rule.name, rule.help);
    for (std::size_t i = 0; i < series_.size(); ++i) {
      const auto& histogram = series_[i].durations[static_cast<std::size_t>(rule.duration)];
      if (histogram) family.Add(texts[i], histogram->Write(BoundsOf(rule.duration)));
    }
  }
}

void TaskSeries::Write(const TaskLabelTables& tables, bool worker_label,
                       FamilySet& families) const {
  const std::vector<Labels> texts = Texts(tables, worker_label);
  WriteCounters(texts, families);
  WriteFailures(texts, families);
  WriteDurations(texts, families);
  OpenFolded(families).Add(static_cast<double>(folded_));
}

}  // namespace collectors
