#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace collectors {

// Selects names (of databases, of queues) by RE2 patterns. A pattern must match the whole name.
class NamePatterns {
 public:
  // Without an include pattern every name is included. Throws std::invalid_argument if a pattern is
  // invalid.
  NamePatterns(const std::vector<std::string>& include, const std::vector<std::string>& exclude);

  bool Match(std::string_view name) const;

 private:
  using Compiled = std::vector<std::shared_ptr<const re2::RE2>>;

  static Compiled Compile(const std::vector<std::string>& patterns);
  static bool MatchOne(const Compiled& patterns, std::string_view name);

  Compiled include_;
  Compiled exclude_;
};

}  // namespace collectors
