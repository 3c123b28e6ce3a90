#include "collectors/queue/rabbitmq/rabbitmq_queue_collector.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collectors/queue/rabbitmq/rabbitmq_options.h"
#include "collectors/queue/rabbitmq/rabbitmq_target.h"
#include "collectors/shared/epoch.h"
#include "collectors/shared/queue_families.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;
using exporter::FamilySet;
using exporter::Labels;
using exporter::Reading;
using exporter::SeriesId;

constexpr std::size_t kSeriesOfQueue = 3;  // waiting, unacked, consumers

Labels LabelsOf(const std::string& name) { return {{"queue", name}, {"system", "rabbitmq"}}; }

void AddDepth(const std::string& name, const char* state, double depth, FamilySet& families) {
  Labels labels = LabelsOf(name);
  labels.emplace_back("state", state);
  families.Gauge("queue_depth", kQueueDepthHelp).Add(labels, depth);
}

void AddQueue(const std::string& name, const RabbitmqQueue& queue, double now,
              FamilySet& families) {
  if (queue.ready) AddDepth(name, "waiting", *queue.ready, families);
  if (queue.unacked) AddDepth(name, "unacked", *queue.unacked, families);
  if (queue.scheduled) AddDepth(name, "scheduled", *queue.scheduled, families);
  if (queue.failed) AddDepth(name, "failed", *queue.failed, families);
  if (queue.consumers) {
    families.Gauge("queue_consumers", "Consumers that the queue knows.")
        .Add(LabelsOf(name), *queue.consumers);
  }
  if (queue.head_timestamp && queue.ready.value_or(0) > 0) {
    families.Gauge("queue_oldest_age_seconds", kQueueOldestAgeHelp)
        .Add(LabelsOf(name), std::max(0.0, now - *queue.head_timestamp));
  }
}

class RabbitmqQueueCollector : public exporter::Collector {
 public:
  explicit RabbitmqQueueCollector(RabbitmqOptions options) : options_(std::move(options)) {
    for (const auto& [key, name] : options_.labels) names_.insert(name);
  }

  Reading Collect(const CollectContext& context) override {
    if (source_ == nullptr) source_ = MakeRabbitmqSource(options_.target);
    RabbitmqFindings findings;
    try {
      findings = source_->Read(context, options_.question);
    } catch (...) {
      source_.reset();  // The next run reads the URL again: it may have changed.
      throw;
    }
    return Shown(std::move(findings));
  }

  std::vector<SeriesId> Claims() const override {
    std::vector<std::string> names(names_.begin(), names_.end());
    if (options_.question.discover) names.emplace_back("*");
    std::vector<SeriesId> claims;
    for (const std::string& name : names) {
      Labels labels = LabelsOf(name);
      labels.emplace_back("state", "waiting");
      claims.push_back({"queue_depth", std::move(labels)});
    }
    return claims;
  }

 private:
  Reading Shown(RabbitmqFindings findings) const {
    const double now = EpochNow();
    Reading reading;
    bool knows_counts = findings.queues.empty();
    for (const RabbitmqQueue& queue : findings.queues) {
      knows_counts |= queue.ready.has_value() || queue.is_stream;
      const auto label = options_.labels.find(queue.name);
      const bool is_named = label != options_.labels.end();
      // A found queue must not have the label of a named one.
      if (!is_named && names_.contains(queue.name)) continue;
      AddQueue(is_named ? label->second : queue.name, queue, now, reading.families);
      if (is_named && queue.is_stream) reading.problems.push_back(OfStream(label->second));
      if (is_named && !queue.is_stream && !queue.ready) {
        reading.problems.push_back(Unknown(label->second));
      }
    }
    if (!knows_counts && reading.problems.empty()) reading.problems.push_back(Unknown(""));
    if (findings.delayed) {
      AddDepth(std::string(kCeleryDelayed), "scheduled", *findings.delayed, reading.families);
    }
    for (const CollectError& problem : findings.problems) {
      const auto label = options_.labels.find(problem.part());
      reading.problems.emplace_back(
          problem.kind(), problem.what(),
          label == options_.labels.end() ? problem.part() : label->second);
    }
    reading.cut_series = findings.left_out * kSeriesOfQueue;
    return reading;
  }

  static CollectError Unknown(const std::string& part) {
    return {ErrorKind::kMissing,
            "RabbitMQ tells no counts: it does so seconds after a queue was made, and never "
            "where management.disable_stats is set without management.enable_queue_totals",
            part};
  }

  static CollectError OfStream(const std::string& part) {
    return {ErrorKind::kMissing,
            "it is a stream, which keeps what was read: RabbitMQ does not tell how much waits",
            part};
  }

  const RabbitmqOptions options_;
  std::set<std::string> names_;             // Labels of the named queues.
  std::unique_ptr<RabbitmqSource> source_;  // Null before the first run and after a failed one.
};

}  // namespace

std::unique_ptr<exporter::Collector> MakeRabbitmqQueueCollector(
    exporter::YamlReader& options, const exporter::JobSettings& settings) {
  return std::make_unique<RabbitmqQueueCollector>(ReadRabbitmqOptions(options, settings));
}

}  // namespace collectors
