#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace collectors {

// A label's value in two bytes, by a LabelTable.
using Label = std::uint16_t;

inline constexpr Label kUnknownLabel = 0;
inline constexpr Label kOtherLabel = 1;
inline constexpr Label kFoldedLabel = 0xFFFF;  // A value that found no place; shown as "other".
inline constexpr Label kNoLabel = 0xFFFE;      // Not heard yet; shown as "unknown".

// The values of one label, each stored once and for ever, and no more than a limit.
class LabelTable {
 public:
  explicit LabelTable(std::size_t limit);
  ~LabelTable() = default;
  LabelTable(const LabelTable&) = delete;
  LabelTable& operator=(const LabelTable&) = delete;

  // kFoldedLabel where the table is full.
  Label Intern(std::string_view text);
  // The same, but half of the places are left to values for which Intern is called: kFoldedLabel
  // beyond.
  Label InternSparing(std::string_view text);
  std::optional<Label> Find(std::string_view text) const;
  const std::string& Text(Label label) const;

 private:
  std::size_t limit_;
  std::deque<std::string> texts_;  // A deque: the views of labels_ stay good.
  std::unordered_map<std::string_view, Label> labels_;
};

// Where it is counted: a value of its own, or one that stands for those without.
Label ShownLabel(Label label);

}  // namespace collectors
