#include "collectors/postgres/database_rules.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <stdexcept>

namespace collectors {
namespace {

constexpr std::int64_t kMostDatabases = 1000;

}  // namespace

DatabasePatterns::DatabasePatterns(const std::vector<std::string>& include,
                                   const std::vector<std::string>& exclude)
    : include_(Compile(include)), exclude_(Compile(exclude)) {}

DatabasePatterns::Compiled DatabasePatterns::Compile(const std::vector<std::string>& patterns) {
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

bool DatabasePatterns::MatchOne(const Compiled& patterns, std::string_view name) {
  const re2::StringPiece text(name.data(), name.size());
  return std::ranges::any_of(
      patterns, [&](const auto& pattern) { return re2::RE2::FullMatch(text, *pattern); });
}

bool DatabasePatterns::Match(std::string_view name) const {
  return (include_.empty() || MatchOne(include_, name)) && !MatchOne(exclude_, name);
}

std::optional<DatabaseRules> ReadDatabaseRules(exporter::YamlReader& options,
                                               const exporter::JobSettings& settings) {
  auto reader = options.Child("databases");
  if (!reader) return std::nullopt;
  const auto include = reader->Strings("include");
  const auto exclude = reader->Strings("exclude");
  const auto max = static_cast<std::size_t>(reader->Integer("max", 20, 1, kMostDatabases));
  const auto interval = reader->Duration(
      "interval", std::max<std::chrono::milliseconds>(std::chrono::minutes(5), settings.interval));
  if (interval < settings.interval) {
    reader->Problem("interval", "databases cannot be visited more often than the collector runs");
  }
  reader->RejectUnknownKeys();
  try {
    return DatabaseRules{{include, exclude}, max, interval};
  } catch (const std::invalid_argument& error) {
    options.Problem("databases", error.what());
    return std::nullopt;
  }
}

}  // namespace collectors
