#include "collectors/databases/database_rules.h"

#include <algorithm>
#include <stdexcept>

namespace collectors {
namespace {

constexpr std::int64_t kMostDatabases = 1000;

}  // namespace

std::optional<DatabaseRules> ReadDatabaseRules(exporter::YamlReader& options,
                                               const exporter::JobSettings& settings,
                                               StatementsOf statements) {
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
  const bool skip_missing =
      statements == StatementsOf::kUser && reader->Bool("skip_missing", false);
  reader->RejectUnknownKeys();
  try {
    return DatabaseRules{{include, exclude}, max, interval, settings.interval, skip_missing};
  } catch (const std::invalid_argument& error) {
    options.Problem("databases", error.what());
    return std::nullopt;
  }
}

}  // namespace collectors
