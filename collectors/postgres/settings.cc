#include "collectors/postgres/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string_view>
#include <utility>

#include "collectors/parts/query_reader.h"
#include "collectors/series/row_cells.h"
#include "exporter/seam/names.h"

namespace collectors {
namespace {

using prometheus::MetricType;

// Columns of SettingsStatement. version() is a separate row.
enum Column : std::size_t { kName, kValue, kUnit, kType, kColumns };
// Values that this session has set (SET LOCAL, BEGIN READ ONLY) are not the server's. Values that
// the session starts with (ALTER ROLE ... SET, ALTER ROLE ALL SET, ALTER DATABASE ... SET, options
// in the DSN) hide the server's values.
constexpr const char* kSelect =
    "SELECT name, CASE WHEN name = 'transaction_read_only' THEN CASE WHEN pg_is_in_recovery()"
    " THEN 'on' ELSE current_setting('default_transaction_read_only') END"
    " WHEN source = 'session' THEN reset_val ELSE setting END AS setting,"
    " coalesce(unit, '') AS unit, vartype FROM pg_settings"
    " WHERE vartype IN ('bool', 'integer', 'real') AND source <> 'client' AND NOT EXISTS ("
    "SELECT FROM pg_db_role_setting CROSS JOIN unnest(setconfig) AS own"
    " WHERE setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = session_user))"
    " AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))"
    " AND lower(split_part(own, '=', 1)) IN (lower(name), 'default_' || name))"
    " UNION ALL SELECT '', version(), '', 'version'";

constexpr std::size_t kMostVersionParts = 3;

// A unit of pg_settings, and its size in the base unit, times / part. One of the two is 1, so that
// a value is rounded only once.
struct Unit {
  std::string_view name;
  std::string_view base;
  double times = 1;
  double part = 1;
};
constexpr std::array<Unit, 11> kUnits = {{
    {"us", "seconds", 1, 1e6},
    {"ms", "seconds", 1, 1e3},
    {"s", "seconds"},
    {"min", "seconds", 60},
    {"h", "seconds", 3600},
    {"d", "seconds", 86400},
    {"B", "bytes"},
    {"kB", "bytes", 0x1p10},
    {"MB", "bytes", 0x1p20},
    {"GB", "bytes", 0x1p30},
    {"TB", "bytes", 0x1p40},
}};
constexpr Unit kNoUnit = {"", ""};

std::optional<Unit> KnownUnit(std::string_view name) {
  if (name.empty()) return kNoUnit;
  const auto* const found = std::ranges::find(kUnits, name, &Unit::name);
  return found == kUnits.end() ? std::nullopt : std::optional(*found);
}

// Parses a setting's unit, which may include a number, as in 8kB.
std::optional<Unit> ParseUnit(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0) return KnownUnit(text);
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, count);
  auto unit = KnownUnit(text.substr(digits));
  if (error != std::errc() || !unit || unit->base.empty()) return std::nullopt;
  unit->times *= count;
  return unit;
}

// Splits "64 MB" into the number and its unit. pg_settings writes no unit in a value, but Amazon
// Aurora does.
std::pair<std::string_view, std::string_view> SplitUnit(std::string_view text) {
  const std::size_t number = text.find_last_of("0123456789.");
  if (number == std::string_view::npos) return {text, ""};
  const std::size_t unit = std::min(text.find_first_not_of(' ', number + 1), text.size());
  return {text.substr(0, number + 1), text.substr(unit)};
}

// Returns a value in its base unit.
std::optional<double> ValueIn(std::string_view text, const Unit& unit) {
  const auto plain = ParseSqlNumber(text);
  const auto [number, suffix] = SplitUnit(text);
  const auto own = plain ? std::optional(unit) : KnownUnit(suffix);
  const auto value = plain ? plain : ParseSqlNumber(number);
  if (!value || !own || own->base != unit.base) return std::nullopt;
  return *value == -1 ? -1 : *value * own->times / own->part;
}

std::optional<double> BoolOf(std::string_view text) {
  if (text == "on") return 1;
  if (text == "off") return 0;
  return std::nullopt;
}

std::string MetricName(std::string_view setting, std::string_view base) {
  std::string name = fmt::format("pg_settings_{}", setting);
  std::ranges::replace_if(
      name, [](char c) { return c == '.' || c == '-'; }, '_');
  return base.empty() ? name : fmt::format("{}_{}", name, base);
}

std::string Help(std::string_view setting, std::string_view base) {
  if (base.empty()) return fmt::format("The server's setting {}.", setting);
  return fmt::format("The server's setting {} in {}; -1 has a meaning of its own.", setting, base);
}

std::optional<Setting> MapSetting(const std::vector<std::optional<std::string>>& cells) {
  if (!cells[kName] || !cells[kValue]) return std::nullopt;
  const std::string& text = *cells[kValue];
  const bool is_bool = cells[kType] == "bool";
  const auto unit = is_bool ? kNoUnit : ParseUnit(cells[kUnit].value_or(""));
  if (!unit) return std::nullopt;
  const auto value = is_bool ? BoolOf(text) : ValueIn(text, *unit);
  std::string name = MetricName(*cells[kName], unit->base);
  if (!value || !exporter::IsMetricName(name)) return std::nullopt;
  return Setting{std::move(name), Help(*cells[kName], unit->base), *value};
}

// Returns "15.18.0" for "PostgreSQL 15.18 on ...", "16.0.0" for "PostgreSQL 16beta1 ...".
std::string ShortVersion(std::string_view version) {
  const std::size_t space = std::min(version.find(' '), version.size());
  std::string_view rest = version.substr(std::min(space + 1, version.size()));
  std::string parts;
  std::size_t found = 0;
  for (; found < kMostVersionParts; ++found) {
    if (found > 0 && !rest.starts_with('.')) break;
    const std::string_view tail = rest.substr(found > 0 ? 1 : 0);
    int number = 0;
    const auto [end, error] = std::from_chars(tail.data(), tail.data() + tail.size(), number);
    if (error != std::errc() || number < 0) break;
    parts += fmt::format("{}{}", found > 0 ? "." : "", number);
    rest = tail.substr(static_cast<std::size_t>(end - tail.data()));
  }
  if (found == 0) return "";
  for (; found < kMostVersionParts; ++found) parts += ".0";
  return parts;
}

}  // namespace

SqlStatement SettingsStatement() { return {.text = kSelect}; }

ServerSettings MapSettings(const Rows& rows) {
  ServerSettings found;
  std::map<std::string, Setting> by_metric;
  for (const auto& cells : rows.cells) {
    if (cells.size() < kColumns) continue;
    if (cells[kType] == "version") {
      found.version = LabelValue(cells[kValue]);
      found.short_version = ShortVersion(found.version);
    } else if (auto setting = MapSetting(cells)) {
      by_metric.try_emplace(setting->metric, *setting);
    }
  }
  for (auto& [metric, setting] : by_metric) found.settings.push_back(std::move(setting));
  return found;
}

void WriteSettings(const ServerSettings& found, const std::optional<std::string>& server,
                   std::optional<exporter::SteadyTime> expires_at, exporter::FamilySet& families) {
  exporter::Labels labels;
  if (server) labels.emplace_back("server", *server);
  for (const Setting& setting : found.settings) {
    families.Open(MetricType::Gauge, setting.metric, setting.help, expires_at)
        .Add(labels, setting.value);
  }
  if (found.short_version.empty()) return;
  labels.emplace_back("short_version", found.short_version);
  labels.emplace_back("version", found.version);
  families
      .Open(MetricType::Untyped, "pg_static", "The version that the server says it has; always 1.",
            expires_at)
      .Add(labels, 1);
}

}  // namespace collectors
