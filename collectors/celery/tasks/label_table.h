#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace collectors {

// A label's value as two bytes; LabelTable has its text.
using Label = std::uint16_t;

inline constexpr Label kUnknownLabel = 0;
inline constexpr Label kOtherLabel = 1;
inline constexpr Label kFoldedLabel = 0xFFFF;  // A value without a place; shown as "other".
inline constexpr Label kNoLabel = 0xFFFE;      // Not heard yet; shown as "unknown".

// The values of one label. Each is stored once and never removed; their number is limited.
class LabelTable {
 public:
  explicit LabelTable(std::size_t limit);
  ~LabelTable() = default;
  LabelTable(const LabelTable&) = delete;
  LabelTable& operator=(const LabelTable&) = delete;

  // Returns kFoldedLabel if the table is full.
  Label Intern(std::string_view text);
  // The same, but half of the places are reserved for Intern(): beyond them returns kFoldedLabel.
  Label InternSparing(std::string_view text);
  std::optional<Label> Find(std::string_view text) const;
  const std::string& Text(Label label) const;

 private:
  std::size_t limit_;
  std::deque<std::string> texts_;  // A deque: the views in labels_ stay valid.
  std::unordered_map<std::string_view, Label> labels_;
};

// The label that a value is counted under: its own, or that of "unknown" or "other".
Label ShownLabel(Label label);

}  // namespace collectors
