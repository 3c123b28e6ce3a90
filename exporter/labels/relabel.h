#pragma once

#include <prometheus/client_metric.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace exporter {

// A sample's labels; its name is the label `__name__`.
using SampleLabels = std::vector<prometheus::ClientMetric::Label>;

enum class RelabelAction {
  kReplace,
  kKeep,
  kDrop,
  kKeepEqual,
  kDropEqual,
  kHashMod,
  kLabelMap,
  kLabelDrop,
  kLabelKeep,
  kLowercase,
  kUppercase,
  kHash,  // Not one of Prometheus's: target_label becomes a hash of the sources, to hide personal
          // names.
};

// One entry of metric_relabel_configs, with Prometheus's defaults.
// https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config
struct RelabelConfig {
  std::vector<std::string> source_labels;
  std::string separator = ";";
  std::string target_label;
  std::string regex = "(.*)";
  std::uint64_t modulus = 0;
  std::string replacement = "$1";
  RelabelAction action = RelabelAction::kReplace;
};

// A checked and compiled rule. Immutable, so safe from any thread.
class RelabelRule {
 public:
  // Throws std::invalid_argument if the fields do not fit each other. The message begins with the
  // name of the field at fault.
  static std::shared_ptr<const RelabelRule> Make(RelabelConfig config);
  ~RelabelRule();
  RelabelRule(const RelabelRule&) = delete;
  RelabelRule& operator=(const RelabelRule&) = delete;

  // Changes the labels of one sample. Returns false if the sample is dropped.
  bool Apply(SampleLabels& labels) const;

 private:
  struct Compiled;  // Keeps RE2's header out of this one.
  explicit RelabelRule(RelabelConfig config);

  bool ApplyToValue(SampleLabels& labels, const std::string& source) const;
  void Replace(SampleLabels& labels, const std::string& source) const;
  void MapNames(SampleLabels& labels) const;
  void KeepNames(SampleLabels& labels, bool keep) const;

  RelabelConfig config_;
  std::unique_ptr<const Compiled> compiled_;
};

// The value of a label; empty if the sample lacks it.
std::string_view LabelValue(const SampleLabels& labels, std::string_view name);

}  // namespace exporter
