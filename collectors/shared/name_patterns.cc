#include "collectors/shared/name_patterns.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <stdexcept>

#include "exporter/config/yaml_reader.h"

namespace collectors {

NamePatterns::NamePatterns(const std::vector<std::string>& include,
                           const std::vector<std::string>& exclude)
    : include_(Compile(include)), exclude_(Compile(exclude)) {}

NamePatterns::Compiled NamePatterns::Compile(const std::vector<std::string>& patterns) {
  Compiled compiled;
  for (const std::string& pattern : patterns) {
    compiled.push_back(std::make_shared<const re2::RE2>(pattern, re2::RE2::Quiet));
    if (!compiled.back()->ok()) {
      throw std::invalid_argument(
          fmt::format("{} is no pattern: {}", exporter::Quoted(pattern), compiled.back()->error()));
    }
  }
  return compiled;
}

bool NamePatterns::MatchOne(const Compiled& patterns, std::string_view name) {
  const re2::StringPiece text(name.data(), name.size());
  return std::ranges::any_of(
      patterns, [&](const auto& pattern) { return re2::RE2::FullMatch(text, *pattern); });
}

bool NamePatterns::Match(std::string_view name) const {
  return (include_.empty() || MatchOne(include_, name)) && !MatchOne(exclude_, name);
}

}  // namespace collectors
