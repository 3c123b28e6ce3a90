#pragma once

#include <span>
#include <string>
#include <string_view>

namespace exporter {

// The number of letters to add, drop, replace or swap with their neighbour to turn one word into
// the other.
std::size_t EditDistance(std::string_view a, std::string_view b);

// The known word that is nearest to `word`; empty if none is near enough (a third of the word's
// letters, at least one).
std::string_view Nearest(std::string_view word, std::span<const std::string_view> known);

// `; did you mean "interval"?`, or empty if no known word is near.
std::string DidYouMean(std::string_view word, std::span<const std::string_view> known);

}  // namespace exporter
