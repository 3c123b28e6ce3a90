#include "exporter/labels/label_policy.h"

#include <algorithm>
#include <utility>

#include "exporter/forms/exposition.h"
#include "exporter/labels/regrouping.h"
#include "exporter/labels/relabel.h"
#include "exporter/seam/names.h"

namespace exporter {
namespace {

using Rules = std::vector<std::shared_ptr<const RelabelRule>>;

void AddConstantLabels(std::vector<LabelView>& labels, const Labels& constant) {
  for (const auto& [name, value] : constant) {
    const bool own =
        std::any_of(labels.begin(), labels.end(),
                    [&name = name](const LabelView& label) { return label.name == name; });
    if (!own) labels.push_back({name, value});
  }
}

// One line of a sample while rules are applied.
struct Relabelled {
  Family::Line line;
  std::string bound;  // The value of the line's own label, `le` or `quantile`.
  std::string name;
  SampleLabels labels;  // Including the line's own label, without __name__.
};

std::vector<Relabelled> Relabel(const Rules& rules, const Family& family, std::size_t index,
                                const std::string& name, const std::vector<LabelView>& views) {
  std::vector<Relabelled> kept;
  for (std::size_t i = 0; i < family.LinesAt(index); ++i) {
    Relabelled made{family.LineAt(index, i), "", "", {}};
    for (const LabelView& view : views)
      made.labels.push_back({std::string(view.name), std::string(view.value)});
    made.labels.push_back({"__name__", name + std::string(made.line.suffix)});
    if (!made.line.own_label.empty()) {
      AppendNumber(made.bound, made.line.bound);
      made.labels.push_back({std::string(made.line.own_label), made.bound});
    }
    if (!std::all_of(rules.begin(), rules.end(),
                     [&made](const auto& rule) { return rule->Apply(made.labels); }))
      continue;
    made.name = LabelValue(made.labels, "__name__");
    std::erase_if(made.labels, [](const auto& label) { return IsInternalName(label.name); });
    kept.push_back(std::move(made));
  }
  return kept;
}

// Whether the lines are still one histogram or summary: with sum and count, one base name and one
// set of labels. Buckets and quantiles may be missing. If so, sets `name` and `common`.
bool Rejoin(const std::vector<Relabelled>& lines, std::string& name, SampleLabels& common) {
  if (lines.size() < 2 || lines[lines.size() - 2].line.suffix != "_sum") return false;
  const Relabelled& last = lines.back();  // _count, which has no label of its own.
  if (last.line.suffix != "_count" || !last.name.ends_with(last.line.suffix)) return false;
  name = last.name.substr(0, last.name.size() - last.line.suffix.size());
  common = last.labels;
  std::sort(common.begin(), common.end());
  for (const Relabelled& line : lines) {
    SampleLabels labels = line.labels;
    if (line.name != name + std::string(line.line.suffix)) return false;
    if (LabelValue(labels, line.line.own_label) != line.bound) return false;
    std::erase_if(labels, [&](const auto& label) {
      return !line.line.own_label.empty() && label.name == line.line.own_label;
    });
    std::sort(labels.begin(), labels.end());
    if (labels != common) return false;
  }
  return true;
}

std::vector<LabelView> ViewsOf(const SampleLabels& labels) {
  std::vector<LabelView> views;
  for (const auto& label : labels) views.push_back({label.name, label.value});
  return views;
}

// A family with one sample: the rest of a histogram or a summary.
TimedFamily Rebuilt(const std::vector<Relabelled>& lines, const TimedFamily& from) {
  const Family& like = from.family;
  TimedFamily made{Family(like.type(), like.name(), like.help(), like.unit()), from.expires_at};
  const double sum = lines[lines.size() - 2].line.value;
  const double count = lines.back().line.value;
  HistogramValue histogram{{}, sum, count};
  SummaryValue summary{{}, sum, count};
  for (std::size_t i = 0; i + 2 < lines.size(); ++i) {
    histogram.buckets.push_back({lines[i].line.bound, lines[i].line.value});
    summary.quantiles.push_back({lines[i].line.bound, lines[i].line.value});
  }
  if (HasBuckets(like.type())) {
    made.family.Add({}, histogram);
  } else {
    made.family.Add({}, summary);
  }
  return made;
}

void AddRelabelled(Regrouping& regrouping, const Rules& rules, const TimedFamily& timed,
                   std::size_t index, const std::string& name,
                   const std::vector<LabelView>& views) {
  const Family& family = timed.family;
  std::vector<Relabelled> lines = Relabel(rules, family, index, name, views);
  if (lines.empty()) return;
  std::string renamed = lines[0].name;
  SampleLabels labels = lines[0].labels;
  const bool is_one = IsSimple(family.type()) || Rejoin(lines, renamed, labels);
  std::vector<LabelView> kept = ViewsOf(labels);
  if (is_one && lines.size() == family.LinesAt(index))
    return regrouping.Add({timed, index}, family.type(), renamed, kept);
  if (is_one) return regrouping.Add({Rebuilt(lines, timed), 0}, family.type(), renamed, kept);
  for (const Relabelled& line : lines) {
    std::vector<LabelView> own = ViewsOf(line.labels);
    regrouping.Add({timed, index, line.line.value}, FamilyType::kUnknown, line.name, own);
  }
}

void AddFamily(Regrouping& regrouping, const LabelPolicy& policy, const TimedFamily& timed) {
  const std::string name = policy.prefix + timed.family.name();
  std::vector<LabelView> labels;
  for (std::size_t i = 0; i < timed.family.size(); ++i) {
    timed.family.LabelsAt(i, labels);
    AddConstantLabels(labels, policy.labels);
    const bool are_names_known = i > 0 && timed.family.ShapeAt(i) == timed.family.ShapeAt(i - 1);
    if (policy.rules.empty()) {
      regrouping.Add({timed, i}, timed.family.type(), name, labels, are_names_known);
    } else if (std::any_of(labels.begin(), labels.end(),
                           [](const LabelView& label) { return IsInternalName(label.name); })) {
      regrouping.Refuse({timed, i}, kInternalLabel);
    } else {
      AddRelabelled(regrouping, policy.rules, timed, i, name, labels);
    }
  }
}

}  // namespace

Labelled LabelPolicy::Apply(std::vector<TimedFamily> families) const {
  Regrouping regrouping;
  for (TimedFamily& timed : families) {
    AddFamily(regrouping, *this, timed);
    timed.family = Family(timed.family.type(), "", "");  // Frees it; its copy is in the result.
  }
  Labelled result = std::move(regrouping).Take();
  LeftOut& left_out = result.left_out;
  left_out.cut = CutToMost(result.families, max_series);
  for (const CutFamily& cut : left_out.cut.families) left_out.dropped.limit += cut.had - cut.kept;
  for (TimedFamily& timed : result.families) {
    timed.family.Freeze();
    result.series += timed.family.lines();
  }
  return result;
}

}  // namespace exporter
