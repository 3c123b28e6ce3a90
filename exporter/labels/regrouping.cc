#include "exporter/labels/regrouping.h"

#include <algorithm>
#include <utility>

#include "exporter/seam/names.h"
#include "exporter/seam/utf8.h"

namespace exporter {
namespace {

constexpr std::size_t kLongestNamed = 100;

// The label that a type adds to its lines itself.
std::string_view OwnLabel(FamilyType type) {
  if (HasBuckets(type)) return "le";
  return type == FamilyType::kSummary ? "quantile" : "";
}

// The fault of a sample's names, with sorted labels; empty if there is none.
std::string_view NamesFault(std::string_view name, FamilyType type, std::string_view help,
                            const std::vector<LabelView>& labels) {
  if (!IsUtf8(help)) return "a help that is not UTF-8";
  if (!IsMetricName(name)) return "not a metric name";
  if (IsReservedName(name)) return "a name that the exporter keeps for itself";
  const std::string_view own = OwnLabel(type);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (IsInternalName(labels[i].name)) return kInternalLabel;
    if (!IsLabelName(labels[i].name)) return "not a label name";
    if (i > 0 && labels[i].name == labels[i - 1].name) return "a label twice";
    if (!own.empty() && labels[i].name == own) return "a label that the type needs for itself";
  }
  return {};
}

std::size_t LinesOf(const Regrouping::Sample& sample) {
  return sample.value ? 1 : sample.like.family.LinesAt(sample.index);
}

}  // namespace

Regrouping::Group& Regrouping::Find(FamilyType type, std::string_view name) {
  // Samples of one name mostly follow one another.
  if (last_ == nullptr || last_->first != name)
    last_ = &*groups_.try_emplace(std::string(name), Group{type, {}, {}}).first;
  return last_->second;
}

TimedFamily& Regrouping::FamilyOf(Group& group, const TimedFamily& like, std::string_view name) {
  TimedFamily*& family = group.families.try_emplace(like.expires_at, nullptr).first->second;
  if (family == nullptr) {
    const auto& from = like.family;
    family = &families_.emplace_back(TimedFamily{
        Family(group.type, std::string(name), from.help(), from.unit()), like.expires_at});
  }
  return *family;
}

void Regrouping::Add(const Sample& sample, FamilyType type, std::string_view name,
                     std::vector<LabelView>& labels, bool are_names_known) {
  const auto by_name = [](const LabelView& a, const LabelView& b) { return a.name < b.name; };
  if (!std::is_sorted(labels.begin(), labels.end(), by_name))
    std::stable_sort(labels.begin(), labels.end(), by_name);
  if (!are_names_known) names_fault_ = NamesFault(name, type, sample.like.family.help(), labels);
  if (!names_fault_.empty()) return Refuse(sample, names_fault_);
  if (!std::all_of(labels.begin(), labels.end(),
                   [](const LabelView& label) { return IsUtf8(label.value); }))
    return Refuse(sample, "a label value that is not UTF-8");
  Group& group = Find(type, name);
  if (group.type != type) {
    result_.left_out.dropped.duplicate += LinesOf(sample);
    return;
  }
  Family& family = FamilyOf(group, sample.like, name).family;
  if (!group.seen.Insert(labels, family, family.size())) {
    result_.left_out.dropped.duplicate += LinesOf(sample);
  } else if (sample.value) {
    family.Add(labels, *sample.value);
  } else {
    family.AddCopy(labels, sample.like.family, sample.index);
  }
}

void Regrouping::Refuse(const Sample& sample, std::string_view why) {
  result_.left_out.dropped.invalid += LinesOf(sample);
  std::string& example = result_.left_out.invalid_example;
  // The name may come from a row, with any length.
  if (example.empty())
    example = sample.like.family.name().substr(0, kLongestNamed) + ": " + std::string(why);
}

Labelled Regrouping::Take() && {
  groups_.clear();
  for (TimedFamily& timed : families_) {
    if (!timed.family.empty()) result_.families.push_back(std::move(timed));
  }
  return std::move(result_);
}

}  // namespace exporter
