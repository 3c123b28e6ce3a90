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

// Which keys are meant, and which parts of their names become labels: a glob as
// Redis's own (* ? [a-z] [^a] \x; src/util.c, stringmatchlen), in which {name}
// stands for text of one byte at least. A whole key must match; each {name} and
// each * takes as little as it can, from left to right. \{ is a brace. Keys are
// bytes, not characters. A plain value; good for several threads.
class KeyPattern {
 public:
  // Throws std::invalid_argument, which says what would be right.
  explicit KeyPattern(std::string_view text);

  const std::string& text() const { return text_; }
  // The names in braces, label names all, in their order.
  const std::vector<std::string>& names() const { return names_; }
  // For SCAN's MATCH: the same keys, and nothing kept.
  const std::string& glob() const { return glob_; }
  // Whether two keys may have the same values: where a part that varies is not kept.
  bool merges() const { return merges_; }

  // The values of the names, where the key matches.
  std::optional<std::vector<std::string>> Match(std::string_view key) const;

 private:
  std::string text_;
  std::string glob_;
  std::vector<std::string> names_;
  bool merges_ = false;
  std::shared_ptr<const re2::RE2> expression_;
};

}  // namespace collectors
