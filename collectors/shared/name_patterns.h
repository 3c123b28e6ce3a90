#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace collectors {

// Names, as of databases or of queues, by RE2 patterns, each for the whole name.
class NamePatterns {
 public:
  // Without an include pattern every name is included. Throws
  // std::invalid_argument where a pattern is none.
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
