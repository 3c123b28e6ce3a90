#pragma once

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exporter/labels/labelled.h"
#include "exporter/labels/series_index.h"
#include "exporter/seam/family_set.h"

namespace exporter {

inline constexpr std::string_view kInternalLabel = "a label that begins with __";

// Gathers samples under their final names and labels, and validates each.
class Regrouping {
 public:
  // One sample. Help, unit and expiry are those of `like`. So are the values, unless there is a
  // `value`.
  struct Sample {
    const TimedFamily& like;
    std::size_t index;
    std::optional<double> value = {};
  };

  // Sorts the labels. `are_names_known` if the previous sample had the same name, help and label
  // names; they are then not validated again.
  void Add(const Sample& sample, FamilyType type, std::string_view name,
           std::vector<LabelView>& labels, bool are_names_known = false);
  // Counts the sample as invalid.
  void Refuse(const Sample& sample, std::string_view why);

  // Families in the order of their first samples.
  Labelled Take() &&;

 private:
  // All samples of a name; families by their expiry.
  struct Group {
    FamilyType type;
    SeriesIndex seen;
    std::map<std::optional<SteadyTime>, TimedFamily*> families;
  };

  Group& Find(FamilyType type, std::string_view name);
  TimedFamily& FamilyOf(Group& group, const TimedFamily& like, std::string_view name);

  Labelled result_;
  std::deque<TimedFamily> families_;  // A deque, so that they do not move.
  std::unordered_map<std::string, Group> groups_;
  std::pair<const std::string, Group>* last_ = nullptr;
  std::string_view
      names_fault_;  // The fault of the previous sample's names; empty if they are good.
};

}  // namespace exporter
