#pragma once

#include <span>
#include <string>
#include <string_view>

namespace exporter {

// How many single letters must be added, dropped, replaced or swapped with
// their neighbour to make one word of the other.
std::size_t EditDistance(std::string_view a, std::string_view b);

// The one of `known` that a person who typed `word` most likely meant; empty
// when none is near enough (a third of the word's letters, one at least).
std::string_view Nearest(std::string_view word, std::span<const std::string_view> known);

// `; did you mean "interval"?`, or nothing when there is no near word.
std::string DidYouMean(std::string_view word, std::span<const std::string_view> known);

}  // namespace exporter
