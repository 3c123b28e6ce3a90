#include "collectors/redis/keys/key_group_options.h"

#include <charconv>
#include <stdexcept>
#include <string>
#include <utility>

#include "collectors/redis/keys/key_entry.h"

namespace collectors {
namespace {

constexpr std::int64_t kMostGroups = 10'000;

std::vector<int> ReadDatabases(exporter::YamlReader& options, int database) {
  std::vector<int> databases;
  for (const std::string& text : options.Strings("databases")) {
    int number = -1;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end || number < 0 || number > kMaxRedisDatabase) {
      options.Problem("databases", "databases must be numbers, as in [0, 1]");
      return {database};
    }
    databases.push_back(number);
  }
  if (databases.empty()) databases = {database};
  return databases;
}

}  // namespace

std::unique_ptr<KeyGroupPart> ReadKeyGroupOptions(exporter::YamlReader& options, int database) {
  auto groups = options.Child("key_groups");
  if (!groups) return nullptr;
  KeyGroupRules rules;
  const std::vector<std::string> patterns = groups->Strings("patterns");
  rules.max_groups = static_cast<std::size_t>(groups->Integer("max_groups", 100, 1, kMostGroups));
  rules.memory = groups->Bool("memory", rules.memory);
  rules.databases = ReadDatabases(*groups, database);
  groups->RejectUnknownKeys();
  if (patterns.empty()) {
    groups->Problem("patterns", "key groups need a pattern at least, as \"^(session):\"");
    return nullptr;
  }
  try {
    return std::make_unique<KeyGroupPart>(KeyGrouping(patterns), std::move(rules));
  } catch (const std::invalid_argument& error) {
    groups->Problem("patterns", error.what());
    return nullptr;
  }
}

}  // namespace collectors
