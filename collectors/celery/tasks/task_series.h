#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "collectors/celery/tasks/event_histogram.h"
#include "collectors/celery/tasks/label_table.h"
#include "collectors/celery/wire/event.h"
#include "exporter/seam/family_set.h"

namespace collectors {

// The label values of a series of a task family.
struct TaskLabels {
  Label name = kUnknownLabel;
  Label queue = kUnknownLabel;
  Label worker = kUnknownLabel;  // The same for all if workers are not told apart.
};

// The tables that task labels come from.
struct TaskLabelTables {
  LabelTable names;
  LabelTable queues;
  LabelTable workers;
};

// The histograms of tasks.
enum class TaskDuration { kRuntime, kQueueWait, kFailureRuntime, kWorkerWait };
inline constexpr std::size_t kTaskDurations = 4;

// Counters and histograms of tasks by their labels. They are never removed. What finds no place is
// counted under "other".
class TaskSeries {
 public:
  struct Limits {
    std::size_t counters;    // Lines of the page for counters and gauges.
    std::size_t histograms;  // Lines of the page for histograms.
    std::size_t exceptions;  // Values of the label exception.
  };
  struct Buckets {
    std::vector<double> runtime;
    std::vector<double> wait;
  };

  TaskSeries(Limits limits, Buckets buckets);

  // How many combinations of name, queue and worker fit into this many lines of counters.
  static std::size_t MostOf(std::size_t counters);
  // Whether something found no place.
  bool IsFull() const { return is_full_; }
  static exporter::FamilySet::Family& OpenFolded(exporter::FamilySet& families);

  Label InternException(std::string_view exception) { return exceptions_.Intern(exception); }

  // Counts `times` events of a type; failures also by `exception`.
  void Count(TaskLabels labels, EventType type, std::uint64_t times, Label exception = kNoLabel);
  // Ignores impossible durations: the clocks of two hosts differ.
  void Observe(TaskLabels labels, TaskDuration duration, double seconds);

  void Write(const TaskLabelTables& tables, bool worker_label, exporter::FamilySet& families) const;

 private:
  struct Series {
    TaskLabels labels;
    std::array<std::uint64_t, kTaskEventTypes> counts{};
    std::vector<std::pair<Label, std::uint64_t>> failures;  // By exception.
    std::array<std::unique_ptr<EventHistogram>, kTaskDurations> durations;
  };

  // Null if these labels have no place.
  Series* Find(TaskLabels labels);
  Series& Add(TaskLabels labels);
  Series& Overflow();
  void CountFailures(Series& series, Label exception, std::uint64_t times);
  // Null if there is no place for one more histogram with its bounds.
  EventHistogram* FindHistogram(Series& series, TaskDuration duration);
  // The labels of each series, in the order of series_.
  std::vector<exporter::Labels> Texts(const TaskLabelTables& tables, bool worker_label) const;
  void WriteCounters(const std::vector<exporter::Labels>& texts,
                     exporter::FamilySet& families) const;
  void WriteFailures(const std::vector<exporter::Labels>& texts,
                     exporter::FamilySet& families) const;
  void WriteDurations(const std::vector<exporter::Labels>& texts,
                      exporter::FamilySet& families) const;
  const std::vector<double>& BoundsOf(TaskDuration duration) const;

  Limits limits_;
  Buckets buckets_;
  LabelTable exceptions_;
  std::deque<Series> series_;  // In the order of their first events.
  std::unordered_map<std::uint64_t, Series*> by_labels_;
  std::size_t counters_ = 0;  // Lines of the page, without those of "other".
  std::size_t histograms_ = 0;
  std::uint64_t folded_ = 0;
  bool is_full_ = false;
};

}  // namespace collectors
