#include "collectors/clients/mysql/mysql_locking_read.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace collectors {
namespace {

constexpr std::string_view kWordBytes =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$";

// Whether a backslash escapes a quote; sql_mode decides.
enum class Backslash { kEscapes, kIsText };

// Returns the place after the quoted text that begins at `at`.
std::size_t BehindQuoted(std::string_view text, std::size_t at, Backslash backslash) {
  const bool escapes = backslash == Backslash::kEscapes && text[at] != '`';
  std::size_t end = at + 1;
  while (end < text.size() && text[end] != text[at]) end += escapes && text[end] == '\\' ? 2 : 1;
  return std::min(end + 1, text.size());
}

std::size_t BehindLine(std::string_view text, std::size_t at) {
  return std::min(text.find('\n', at), text.size());
}

// Returns the place after a comment. The contents of /*! ... */ and /*M! ... */ are executed, so
// only their opening mark is skipped.
std::size_t BehindCommentMark(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  for (const std::string_view mark : {"/*!", "/*M!"}) {
    if (rest.starts_with(mark)) {
      return std::min(text.find_first_not_of("0123456789", at + mark.size()), text.size());
    }
  }
  const std::size_t end = text.find("*/", at + 2);
  return end == std::string_view::npos ? text.size() : end + 2;
}

// Takes the next word or number off the front of the text, as MySQL reads it. Skips quoted texts,
// comments and signs. Returns an empty view at the end.
std::string_view TakeToken(std::string_view& text, Backslash backslash) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::string_view rest = text.substr(at);
    const std::size_t word = std::min(rest.find_first_not_of(kWordBytes), rest.size());
    const bool dashes =
        rest.starts_with("--") && (rest.size() == 2 || static_cast<unsigned char>(rest[2]) <= 0x20);
    std::size_t behind = at + 1;
    if (word > 0) {
      const std::string_view token = rest.substr(0, word);
      text.remove_prefix(at + word);
      return token;
    }
    if (rest[0] == '\'' || rest[0] == '"' || rest[0] == '`') {
      behind = BehindQuoted(text, at, backslash);
    }
    if (rest[0] == '#' || dashes) behind = BehindLine(text, at);
    if (rest.starts_with("/*")) behind = BehindCommentMark(text, at);
    at = behind;
  }
  text = {};
  return {};
}

bool IsWord(std::string_view token, std::string_view upper) {
  return std::ranges::equal(token, upper, [](char a, char b) {
    return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
  });
}

bool AsksForRowLocks(std::string_view statement, Backslash backslash) {
  std::array<std::string_view, 4> last = {};
  while (true) {
    std::rotate(last.begin(), last.begin() + 1, last.end());
    last[3] = TakeToken(statement, backslash);
    if (last[3].empty()) return false;
    const bool locks = IsWord(last[3], "UPDATE") || IsWord(last[3], "SHARE");
    if (locks && IsWord(last[2], "FOR")) return true;
    if (IsWord(last[3], "MODE") && IsWord(last[2], "SHARE") && IsWord(last[1], "IN") &&
        IsWord(last[0], "LOCK")) {
      return true;
    }
  }
}

}  // namespace

bool AsksForRowLocks(std::string_view statement) {
  return AsksForRowLocks(statement, Backslash::kEscapes) ||
         AsksForRowLocks(statement, Backslash::kIsText);
}

}  // namespace collectors
