#pragma once

#include <prometheus/client_metric.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace exporter {

// A sample's labels, its name among them as `__name__`.
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
  kHash,  // Ours: target_label becomes a hash of the sources, to hide who they name.
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
  // Throws std::invalid_argument when the fields do not fit each other; the
  // message begins with the name of the field that is at fault.
  static std::shared_ptr<const RelabelRule> Make(RelabelConfig config);
  ~RelabelRule();
  RelabelRule(const RelabelRule&) = delete;
  RelabelRule& operator=(const RelabelRule&) = delete;

  // Changes the labels of one sample; false if the sample is dropped.
  bool Apply(SampleLabels& labels) const;

 private:
  struct Compiled;  // Keeps the regular expressions' header out of this one.
  explicit RelabelRule(RelabelConfig config);

  bool ApplyToValue(SampleLabels& labels, const std::string& source) const;
  void Replace(SampleLabels& labels, const std::string& source) const;
  void MapNames(SampleLabels& labels) const;
  void KeepNames(SampleLabels& labels, bool keep) const;

  RelabelConfig config_;
  std::unique_ptr<const Compiled> compiled_;
};

// The value of a label; empty when the sample has none of that name.
std::string_view LabelValue(const SampleLabels& labels, std::string_view name);

}  // namespace exporter
