#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}  // namespace re2

namespace collectors {

// Selects keys and turns parts of their names into labels. The pattern is a Redis glob (* ? [a-z]
// [^a] \x; src/util.c, stringmatchlen) in which {name} stands for at least one byte of text. The
// whole key must match. From left to right, each {name} and each * takes as few bytes as possible.
// \{ is a literal brace. Keys are bytes, not characters. A value type; safe to share between
// threads.
class KeyPattern {
 public:
  // Throws std::invalid_argument with a message that says how to correct the pattern.
  explicit KeyPattern(std::string_view text);

  const std::string& text() const { return text_; }
  // The names in braces, in order. All are valid label names.
  const std::vector<std::string>& names() const { return names_; }
  // The glob for SCAN's MATCH. It matches the same keys, without names.
  const std::string& glob() const { return glob_; }
  // Whether two keys may have the same values, because a part that varies has no name.
  bool merges() const { return merges_; }

  // Returns the values of the names, or nothing if the key does not match.
  std::optional<std::vector<std::string>> Match(std::string_view key) const;

 private:
  std::string text_;
  std::string glob_;
  std::vector<std::string> names_;
  bool merges_ = false;
  std::shared_ptr<const re2::RE2> expression_;
};

}  // namespace collectors
