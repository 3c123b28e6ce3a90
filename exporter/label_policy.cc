#include "exporter/label_policy.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "exporter/exposition.h"
#include "exporter/relabel.h"
#include "exporter/utf8.h"

namespace exporter {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::array<std::string_view, 2> kReserved = {"exporter_", "process_"};

bool IsName(std::string_view name, bool colons) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) return false;
  return std::all_of(name.begin(), name.end(), [colons](unsigned char c) {
    return (std::isalnum(c) != 0 && c < 0x80) || c == '_' || (colons && c == ':');
  });
}

bool IsAllowedMetricName(std::string_view name) {
  return IsName(name, /*colons=*/true) && !IsReservedName(name);
}

// The label that a type adds to its own lines.
std::string_view OwnLabel(MetricType type) {
  if (type == MetricType::Histogram) return "le";
  return type == MetricType::Summary ? "quantile" : "";
}

// Sorted labels, each name once, every text UTF-8.
bool AreValidLabels(const SampleLabels& labels, std::string_view own) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (!IsName(labels[i].name, /*colons=*/false) || !IsUtf8(labels[i].value)) return false;
    if (i > 0 && labels[i].name == labels[i - 1].name) return false;
    if (!own.empty() && labels[i].name == own) return false;
  }
  return true;
}

// Names in `__` are Prometheus's own: rules may work with them, no sample has them.
bool IsInternal(const ClientMetric::Label& label) { return label.name.starts_with("__"); }

// What makes a series this one: an empty label is no label to Prometheus.
std::string KeyOf(const SampleLabels& labels) {
  std::string key;
  for (const auto& label : labels) {
    if (label.value.empty()) continue;
    // \xff is in no UTF-8 text.
    key.append(label.name).append("\xff").append(label.value).append("\xff");
  }
  return key;
}

// Gathers samples under their final names and judges them.
class Regrouping {
 public:
  explicit Regrouping(std::size_t max_series) : max_series_(max_series) {}

  // `like` gives type, help and expiry; `metric` has its final labels.
  void Add(const TimedFamily& like, MetricType type, const std::string& name, ClientMetric metric) {
    const std::size_t lines = LineCount(type, metric);
    std::sort(metric.label.begin(), metric.label.end());
    if (!IsAllowedMetricName(name) || !IsUtf8(like.family.help) ||
        !AreValidLabels(metric.label, OwnLabel(type))) {
      result_.dropped.invalid += lines;
      return;
    }
    Group& group = Find(type, name);
    if (group.type != type || !group.seen.insert(KeyOf(metric.label)).second) {
      result_.dropped.duplicate += lines;
    } else if (result_.series + lines > max_series_) {
      result_.dropped.limit += lines;
    } else {
      result_.series += lines;
      FamilyOf(group, like, name).family.metric.push_back(std::move(metric));
    }
  }

  void Refuse(MetricType type, const ClientMetric& metric) {
    result_.dropped.invalid += LineCount(type, metric);
  }

  LabelPolicy::Result Take() && {
    std::erase_if(result_.families,
                  [](const TimedFamily& timed) { return timed.family.metric.empty(); });
    return std::move(result_);
  }

 private:
  // All samples of a name; families by their expiry.
  struct Group {
    MetricType type;
    std::unordered_set<std::string> seen;
    std::map<std::optional<SteadyTime>, std::size_t> families;
  };

  static std::size_t LineCount(MetricType type, const ClientMetric& metric) {
    const bool simple = type != MetricType::Histogram && type != MetricType::Summary;
    return simple ? 1 : LinesOf(type, metric).size();
  }

  Group& Find(MetricType type, const std::string& name) {
    return groups_.try_emplace(name, Group{type, {}, {}}).first->second;
  }

  TimedFamily& FamilyOf(Group& group, const TimedFamily& like, const std::string& name) {
    const auto [found, fresh] =
        group.families.try_emplace(like.expires_at, result_.families.size());
    if (fresh) {
      TimedFamily& timed = result_.families.emplace_back();
      timed.family.name = name;
      timed.family.help = like.family.help;
      timed.family.type = group.type;
      timed.expires_at = like.expires_at;
    }
    return result_.families[found->second];
  }

  std::size_t max_series_;
  LabelPolicy::Result result_;
  std::unordered_map<std::string, Group> groups_;
};

void AddConstantLabels(SampleLabels& labels, const Labels& constant) {
  for (const auto& [name, value] : constant) {
    const bool own = std::any_of(labels.begin(), labels.end(),
                                 [&name = name](const auto& label) { return label.name == name; });
    if (!own) labels.push_back({name, value});
  }
}

// One line of a metric on its way through the rules.
struct Relabelled {
  SampleLine line;
  std::string name;
  SampleLabels labels;  // With the line's own label, without __name__.
};

std::vector<Relabelled> Relabel(const std::vector<std::shared_ptr<const RelabelRule>>& rules,
                                MetricType type, const std::string& name,
                                const ClientMetric& metric) {
  std::vector<Relabelled> kept;
  for (SampleLine& line : LinesOf(type, metric)) {
    SampleLabels labels = metric.label;
    labels.push_back({"__name__", name + std::string(line.suffix)});
    if (!line.extra_name.empty())
      labels.push_back({std::string(line.extra_name), line.extra_value});
    if (!std::all_of(rules.begin(), rules.end(),
                     [&labels](const auto& rule) { return rule->Apply(labels); }))
      continue;
    std::string renamed(LabelValue(labels, "__name__"));
    std::erase_if(labels, IsInternal);
    kept.push_back({std::move(line), std::move(renamed), std::move(labels)});
  }
  return kept;
}

// Whether the lines are still one histogram or summary: none lost, one base
// name, one set of labels. Then `name` and `metric` take these over.
bool Rejoin(const std::vector<Relabelled>& lines, std::size_t expected, std::string& name,
            ClientMetric& metric) {
  if (lines.size() != expected) return false;
  const Relabelled& last = lines.back();  // _count, which has no label of its own.
  if (!last.name.ends_with(last.line.suffix)) return false;
  const std::string base = last.name.substr(0, last.name.size() - last.line.suffix.size());
  SampleLabels common = last.labels;
  std::sort(common.begin(), common.end());
  for (const Relabelled& line : lines) {
    SampleLabels labels = line.labels;
    if (line.name != base + std::string(line.line.suffix)) return false;
    if (LabelValue(labels, line.line.extra_name) != line.line.extra_value) return false;
    std::erase_if(labels, [&](const auto& label) {
      return !line.line.extra_name.empty() && label.name == line.line.extra_name;
    });
    std::sort(labels.begin(), labels.end());
    if (labels != common) return false;
  }
  name = base;
  metric.label = std::move(common);
  return true;
}

ClientMetric Untyped(SampleLabels labels, double value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.untyped.value = value;
  return metric;
}

void AddRelabelled(Regrouping& regrouping,
                   const std::vector<std::shared_ptr<const RelabelRule>>& rules,
                   const TimedFamily& timed, const std::string& name, ClientMetric metric) {
  const MetricType type = timed.family.type;
  const bool simple = type != MetricType::Histogram && type != MetricType::Summary;
  std::vector<Relabelled> lines = Relabel(rules, type, name, metric);
  if (lines.empty()) return;
  std::string renamed;
  if (simple) {
    metric.label = std::move(lines[0].labels);
    regrouping.Add(timed, type, lines[0].name, std::move(metric));
  } else if (Rejoin(lines, LinesOf(type, metric).size(), renamed, metric)) {
    regrouping.Add(timed, type, renamed, std::move(metric));
  } else {
    for (Relabelled& line : lines)
      regrouping.Add(timed, MetricType::Untyped, line.name,
                     Untyped(std::move(line.labels), line.line.value));
  }
}

}  // namespace

bool IsReservedName(std::string_view name) {
  return std::any_of(kReserved.begin(), kReserved.end(),
                     [name](std::string_view prefix) { return name.starts_with(prefix); });
}

LabelPolicy::Result LabelPolicy::Apply(std::vector<TimedFamily> families) const {
  Regrouping regrouping(max_series);
  for (TimedFamily& timed : families) {
    const std::string name = prefix + timed.family.name;
    std::vector<ClientMetric> metrics = std::move(timed.family.metric);
    for (ClientMetric& metric : metrics) {
      AddConstantLabels(metric.label, labels);
      if (std::any_of(metric.label.begin(), metric.label.end(), IsInternal)) {
        regrouping.Refuse(timed.family.type, metric);
      } else if (rules.empty()) {
        regrouping.Add(timed, timed.family.type, name, std::move(metric));
      } else {
        AddRelabelled(regrouping, rules, timed, name, std::move(metric));
      }
    }
  }
  return std::move(regrouping).Take();
}

}  // namespace exporter
