#include "exporter/self_metrics.h"

#include <array>
#include <map>
#include <utility>

#include "exporter/process_stats.h"
#include "exporter/seam/family_set.h"

namespace exporter {
namespace {

// A gauge for each collector: its name, its help, its value.
struct HealthGauge {
  const char* name;
  const char* help;
  double (*read)(const CollectorHealth&);
};

constexpr std::array kGauges = {
    HealthGauge{"exporter_collector_up",
                "Whether the target answered in the last collection: 1 or 0.",
                [](const CollectorHealth& health) { return health.up ? 1.0 : 0.0; }},
    HealthGauge{
        "exporter_collector_failed_parts",
        "Parts of the last collection that failed while the rest was good.",
        [](const CollectorHealth& health) { return static_cast<double>(health.failed_parts); }},
    HealthGauge{"exporter_collector_last_success_timestamp_seconds",
                "End of the last collection that succeeded, in seconds since the epoch; 0 if none "
                "has yet.",
                [](const CollectorHealth& health) { return health.last_success_unix; }},
    HealthGauge{"exporter_collector_duration_seconds", "How long the last collection took.",
                [](const CollectorHealth& health) { return health.duration_seconds; }},
    HealthGauge{"exporter_collector_series", "Series of this collector on the page.",
                [](const CollectorHealth& health) { return static_cast<double>(health.series); }},
};

struct DroppedReason {
  const char* reason;
  std::uint64_t Dropped::*count;
};

constexpr std::array kDroppedReasons = {DroppedReason{"duplicate", &Dropped::duplicate},
                                        DroppedReason{"limit", &Dropped::limit},
                                        DroppedReason{"invalid", &Dropped::invalid}};

Labels With(const CollectorHealth& health, const char* name, std::string_view value) {
  return {{"collector", health.name}, {"type", health.type}, {name, std::string(value)}};
}

void AddCollectors(FamilySet& families, const std::vector<CollectorHealth>& collectors) {
  for (const HealthGauge& gauge : kGauges) {
    auto& opened = families.Gauge(gauge.name, gauge.help);
    for (const CollectorHealth& health : collectors)
      opened.Add({{"collector", health.name}, {"type", health.type}}, gauge.read(health));
  }
  auto& collections = families.Counter("exporter_collector_collections_total",
                                       "Collections that ended, by their result.");
  auto& errors = families.Counter("exporter_collector_errors_total",
                                  "Collections and parts of them that failed, by reason.");
  auto& dropped = families.Counter("exporter_collector_dropped_samples_total",
                                   "Samples that were collected and are not on the page.");
  for (const CollectorHealth& health : collectors) {
    for (std::size_t i = 0; i < kRunResults; ++i)
      collections.Add(With(health, "result", Name(static_cast<RunResult>(i))),
                      static_cast<double>(health.collections[i]));
    for (std::size_t i = 0; i < kErrorKinds; ++i)
      errors.Add(With(health, "reason", Name(static_cast<ErrorKind>(i))),
                 static_cast<double>(health.errors[i]));
    for (const DroppedReason& row : kDroppedReasons)
      dropped.Add(With(health, "reason", row.reason),
                  static_cast<double>(health.dropped.*row.count));
  }
}

// The account families of all collectors, by name.
void AddAccounts(const std::vector<CollectorHealth>& collectors, SteadyTime now,
                 std::vector<Family>& families) {
  std::map<std::string, Family> by_name;
  std::vector<LabelView> labels;
  for (const CollectorHealth& health : collectors) {
    if (!health.account) continue;
    for (const auto& [family, expires_at] : *health.account) {
      if (expires_at <= now) continue;
      Family& all =
          by_name.try_emplace(family->name(), family->type(), family->name(), family->help())
              .first->second;
      for (std::size_t i = 0; i < family->size(); ++i) {
        family->LabelsAt(i, labels);
        all.AddCopy(labels, *family, i);
      }
    }
  }
  for (auto& [name, family] : by_name) families.push_back(std::move(family));
}

// The families of the process's own counters in prometheus-cpp.
void AddCounted(const std::vector<prometheus::MetricFamily>& counted, FamilySet& families) {
  for (const auto& family : counted) {
    auto& opened = families.Open(family.type, family.name, family.help);
    for (const auto& metric : family.metric) {
      Labels labels;
      for (const auto& label : metric.label) labels.emplace_back(label.name, label.value);
      if (family.type == prometheus::MetricType::Histogram) {
        opened.Add(labels, metric.histogram);
      } else {
        opened.Add(labels, metric.counter.value);
      }
    }
  }
}

}  // namespace

SelfMetrics::SelfMetrics(BuildInfo build, double configured_at)
    : build_(std::move(build)), configured_at_(configured_at) {}

std::vector<Family> SelfMetrics::Families(const std::vector<CollectorHealth>& collectors,
                                          SteadyTime now) const {
  FamilySet families;
  families.Gauge("exporter_build_info", "The version that is running; always 1.")
      .Add({{"version", build_.version},
            {"revision", build_.revision},
            {"compiler", build_.compiler}},
           1);
  AddCollectors(families, collectors);
  families
      .Gauge("exporter_config_last_reload_successful",
             "Whether the last attempt to read the configuration succeeded: 1 or 0.")
      .Add(1);
  families
      .Gauge("exporter_config_last_reload_success_timestamp_seconds",
             "When the configuration was last read with success, in seconds since the epoch.")
      .Add(configured_at_);
  AddProcessFamilies(families);
  AddCounted(http_.Collect(), families);
  std::vector<Family> all;
  AddAccounts(collectors, now, all);
  for (TimedFamily& timed : std::move(families).Take()) all.push_back(std::move(timed.family));
  return all;
}

}  // namespace exporter
