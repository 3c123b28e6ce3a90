#include "collectors/sql/count_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "collectors/parts/metric_reader.h"

namespace collectors {
namespace {

using exporter::YamlReader;

constexpr std::array<std::string_view, 3> kModeNames = {"exact", "auto", "estimate"};
constexpr std::array<CountMode, 3> kModes = {CountMode::kExact, CountMode::kAuto,
                                             CountMode::kEstimate};
constexpr std::int64_t kHighestBound = 1'000'000'000;

std::string DefaultHelp(const SqlCount& count) {
  std::string help = "Rows of " + count.table;
  if (!count.where.empty()) help += " where " + count.where;
  for (std::size_t i = 0; i < count.metric.labels.size(); ++i) {
    help += (i == 0 ? ", by " : " and ") + count.metric.labels[i];
  }
  std::replace(help.begin(), help.end(), '\n', ' ');
  return help + ".";
}

// Returns what the help text says about a value that may not be the exact number of rows.
std::string Caution(const SqlCount& count) {
  if (count.up_to > 0)
    return fmt::format(" Counted up to {0}: {0} means {0} or more.", count.up_to);
  if (count.mode == CountMode::kEstimate) return " Estimated by the query planner.";
  if (count.mode == CountMode::kAuto && IsPlain(count)) {
    return " Estimated by the query planner while the table is large.";
  }
  return "";
}

// Reports what prevents an estimate or a bound.
void CheckMode(YamlReader& reader, const SqlCount& count, const SqlDefaults& defaults) {
  const bool has_labels = !count.metric.labels.empty();
  if (count.up_to > 0) {
    if (has_labels) reader.Problem("count_up_to", "a count with a bound cannot be by columns");
    if (reader.Has("mode") && count.mode != CountMode::kExact) {
      reader.Problem("mode", "a count with count_up_to is exact up to there: leave mode out");
    }
  } else if (count.mode == CountMode::kEstimate) {
    if (has_labels) reader.Problem("mode", "an estimate cannot be by columns");
    if (defaults.dialect && *defaults.dialect != SqlDialect::kPostgres) {
      reader.Problem("mode", "only PostgreSQL estimates counts; auto counts exactly elsewhere");
    }
  }
}

void ReadMode(YamlReader& reader, const SqlDefaults& defaults, CountMode mode, SqlCount& count) {
  const auto* const fallback = std::ranges::find(kModes, mode);
  count.mode =
      kModes[reader.OneOf("mode", kModeNames, static_cast<std::size_t>(fallback - kModes.begin()))];
  count.up_to = static_cast<std::size_t>(reader.Integer("count_up_to", 0, 1, kHighestBound));
  CheckMode(reader, count, defaults);
}

void CheckTable(YamlReader& reader, const std::string& table) {
  if (table.empty()) return;
  try {
    QuotedTable(table);
  } catch (const std::invalid_argument& error) {
    reader.Problem("table", fmt::format("{} is no table name: {}; write table, schema.table, or "
                                        "\"with.dots\" in quotes",
                                        exporter::Quoted(table), error.what()));
  }
}

SqlCount ReadCount(YamlReader& reader, const SqlDefaults& defaults, CountMode mode) {
  SqlCount count;
  count.metric.name = ReadMetricName(reader, "metric");
  count.table = reader.RequiredString("table");
  CheckTable(reader, count.table);
  count.where = reader.String("where", "");
  ReadLabels(reader, "by", count.metric);
  if (std::ranges::any_of(count.metric.labels, [](const std::string& label) {
        return label.starts_with(kCountColumnPrefix);
      })) {
    reader.Problem("by", fmt::format("a column {}... is kept for the counts themselves; count it "
                                     "in a query, under another name",
                                     kCountColumnPrefix));
  }
  CheckDatabaseLabel(reader, "by", count.metric, defaults);
  ReadMode(reader, defaults, mode, count);
  count.metric.help = reader.String("help", DefaultHelp(count)) + Caution(count);
  count.rules = {.on_missing = ReadOnMissing(reader),
                 .stale_after = defaults.settings.stale_after,
                 .own_interval = false,
                 .max_series = defaults.statement.max_rows,
                 .db_time = RulesOf(defaults).db_time};
  reader.RejectUnknownKeys();
  return count;
}

}  // namespace

CountMode ReadCountMode(YamlReader& options) {
  return kModes[options.OneOf("count_mode", std::span(kModeNames).first<2>(), 0)];
}

std::vector<SqlCount> ReadCounts(YamlReader& options, const SqlDefaults& defaults, CountMode mode) {
  std::vector<SqlCount> counts;
  for (YamlReader& reader : options.List("counts")) {
    counts.push_back(ReadCount(reader, defaults, mode));
  }
  return counts;
}

}  // namespace collectors
