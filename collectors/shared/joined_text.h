#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace collectors {

// Concatenates texts at compile time, for descriptions that several types share.
template <const std::string_view&... kTexts>
struct JoinedText {
  static constexpr auto kChars = [] {
    std::array<char, (kTexts.size() + ...)> chars{};
    auto* end = chars.data();
    ((end = std::copy(kTexts.begin(), kTexts.end(), end)), ...);
    return chars;
  }();
  static constexpr std::string_view kText{kChars.data(), kChars.size()};
};

}  // namespace collectors
