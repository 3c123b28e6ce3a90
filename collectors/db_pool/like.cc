#include "collectors/db_pool/like.h"

#include <cstddef>

namespace collectors {
namespace {

// Returns the place after the character that begins at `from`.
std::size_t Next(std::string_view text, std::size_t from) {
  const auto continues = [&](std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
  };
  std::size_t next = from + 1;
  while (continues(next)) ++next;
  return next;
}

}  // namespace

// After a mismatch, the last % takes one more character. An earlier % need not be tried again: the
// text between the two was matched as early as possible. So this takes at most text times pattern
// steps.
bool IsLike(std::string_view text, std::string_view pattern) {
  std::size_t at = 0;
  std::size_t rest = 0;  // Start of the pattern's unmatched part.
  std::size_t behind_any = std::string_view::npos;
  std::size_t any_ends = 0;
  while (at < text.size()) {
    const char wanted = rest < pattern.size() ? pattern[rest] : '\0';
    const bool is_escape = wanted == '\\' && rest + 1 < pattern.size();
    const std::size_t literal = is_escape ? rest + 1 : rest;
    if (wanted == '%') {
      behind_any = ++rest;
      any_ends = at;
    } else if (wanted == '_' && rest < pattern.size()) {
      at = Next(text, at);
      ++rest;
    } else if (literal < pattern.size() && pattern[literal] == text[at]) {
      ++at;
      rest = literal + 1;
    } else if (behind_any != std::string_view::npos) {
      any_ends = Next(text, any_ends);
      at = any_ends;
      rest = behind_any;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('%', rest) == std::string_view::npos;
}

}  // namespace collectors
