#include "collectors/celery/tasks/label_table.h"

#include <algorithm>

namespace collectors {
namespace {

constexpr std::size_t kMostLabels = 65000;  // Below kNoLabel and kFoldedLabel.

}  // namespace

LabelTable::LabelTable(std::size_t limit) : limit_(std::min(limit, kMostLabels) + 2) {
  Intern("unknown");
  Intern("other");
}

Label LabelTable::Intern(std::string_view text) {
  if (const auto found = Find(text)) return *found;
  if (texts_.size() >= limit_) return kFoldedLabel;
  const auto label = static_cast<Label>(texts_.size());
  labels_.emplace(texts_.emplace_back(text), label);
  return label;
}

Label LabelTable::InternSparing(std::string_view text) {
  if (const auto found = Find(text)) return *found;
  return texts_.size() < limit_ / 2 ? Intern(text) : kFoldedLabel;
}

std::optional<Label> LabelTable::Find(std::string_view text) const {
  const auto found = labels_.find(text);
  if (found == labels_.end()) return std::nullopt;
  return found->second;
}

const std::string& LabelTable::Text(Label label) const { return texts_[ShownLabel(label)]; }

Label ShownLabel(Label label) {
  if (label == kNoLabel) return kUnknownLabel;
  return label == kFoldedLabel ? kOtherLabel : label;
}

}  // namespace collectors
