#include "collectors/sql/sql_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <stdexcept>

#include "collectors/sql/database_label.h"
#include "collectors/sql/metric_reader.h"
#include "collectors/sql/query_file.h"

namespace collectors {
namespace {

using exporter::YamlReader;

constexpr std::array<std::string_view, 3> kOnMissingNames = {"drop", "zero", "keep"};
constexpr std::array<OnMissing, 3> kOnMissing = {OnMissing::kDrop, OnMissing::kZero,
                                                 OnMissing::kKeep};
constexpr std::array<std::string_view, 2> kOnErrorNames = {"keep", "drop"};
constexpr std::array<OnError, 2> kOnError = {OnError::kKeep, OnError::kDrop};
constexpr std::array<std::string_view, 3> kModeNames = {"exact", "auto", "estimate"};
constexpr std::array<CountMode, 3> kModes = {CountMode::kExact, CountMode::kAuto,
                                             CountMode::kEstimate};
constexpr std::int64_t kHighestBound = 1'000'000'000;

OnMissing ReadOnMissing(YamlReader& reader) {
  return kOnMissing[reader.OneOf("on_missing", kOnMissingNames, 0)];
}

std::string DefaultHelp(const SqlCount& count) {
  std::string help = "Rows of " + count.table;
  if (!count.where.empty()) help += " where " + count.where;
  for (std::size_t i = 0; i < count.metric.labels.size(); ++i) {
    help += (i == 0 ? ", by " : " and ") + count.metric.labels[i];
  }
  std::replace(help.begin(), help.end(), '\n', ' ');
  return help + ".";
}

// What the help text says of a value that may not be the number of rows.
std::string Caution(const SqlCount& count) {
  if (count.up_to > 0)
    return fmt::format(" Counted up to {0}: {0} means {0} or more.", count.up_to);
  if (count.mode == CountMode::kEstimate) return " Estimated by the query planner.";
  if (count.mode == CountMode::kAuto && IsPlain(count)) {
    return " Estimated by the query planner while the table is large.";
  }
  return "";
}

// Notes what keeps a count from an estimate, or from a bound.
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

void ReadMode(YamlReader& reader, const SqlDefaults& defaults, SqlCount& count) {
  const auto* const fallback = std::ranges::find(kModes, defaults.count_mode);
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

// `key` names the columns of the labels.
void CheckDatabaseLabel(YamlReader& reader, const std::string& key, const SqlMetric& metric,
                        const SqlDefaults& defaults) {
  if (!defaults.tour_interval) return;
  const auto refuse = [&](const std::string& place) {
    reader.Problem(place, fmt::format("with databases the label {} tells the database of each "
                                      "series: give this one another name, in a query with AS",
                                      kDatabaseLabel));
  };
  if (std::ranges::find(metric.labels, kDatabaseLabel) != metric.labels.end()) refuse(key);
  if (std::ranges::any_of(metric.constant_labels,
                          [](const auto& label) { return label.first == kDatabaseLabel; })) {
    refuse("constant_labels");
  }
  const auto* const columns = std::get_if<ColumnSamples>(&metric.shape);
  if (columns != nullptr && columns->label == kDatabaseLabel) refuse("value_label");
}

SqlCount ReadCount(YamlReader& reader, const SqlDefaults& defaults) {
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
  ReadMode(reader, defaults, count);
  count.metric.help = reader.String("help", DefaultHelp(count)) + Caution(count);
  count.rules = {.on_missing = ReadOnMissing(reader),
                 .stale_after = defaults.settings.stale_after,
                 .own_interval = false,
                 .max_series = defaults.statement.max_rows,
                 .db_time = RulesOf(defaults).db_time};
  reader.RejectUnknownKeys();
  return count;
}

// A query's own interval, and how long its rows then live.
void ReadInterval(YamlReader& reader, const SqlDefaults& defaults, SqlQuery& query) {
  query.interval = reader.Duration("interval");
  if (!query.interval) return;
  if (*query.interval < defaults.settings.interval) {
    reader.Problem("interval", "a query cannot run more often than its collector");
  } else if (defaults.tour_interval && *query.interval < *defaults.tour_interval) {
    reader.Problem("interval",
                   "a query cannot run more often than its databases are visited: that is the key "
                   "interval of databases");
  }
  query.rules.SetInterval(*query.interval);
}

std::string ReadStatement(YamlReader& reader) {
  if (!reader.Has("query_file")) {
    if (reader.Has("sql")) return reader.RequiredString("sql");
    reader.Problem("sql", "missing key \"sql\" (or \"query_file\")");
    return "";
  }
  if (reader.Has("sql")) reader.Problem("query_file", "give sql or query_file, not both");
  return ReadQueryFile(reader, "query_file");
}

void ReadTimeout(YamlReader& reader, const SqlDefaults& defaults, SqlQuery& query) {
  query.timeout = reader.Duration("timeout");
  if (query.timeout && *query.timeout > defaults.settings.timeout) {
    reader.Problem("timeout", fmt::format("a query cannot have more time than its collector, whose "
                                          "timeout is {}ms",
                                          defaults.settings.timeout.count()));
  }
}

SqlQuery ReadQuery(YamlReader& reader, const SqlDefaults& defaults) {
  SqlQuery query;
  query.statement = defaults.statement;
  query.statement.text = ReadStatement(reader);
  query.statement.max_rows = static_cast<std::size_t>(
      reader.Integer("max_rows", static_cast<std::int64_t>(defaults.statement.max_rows), 1,
                     static_cast<std::int64_t>(kMostRows)));
  query.rules = {.on_missing = ReadOnMissing(reader),
                 .stale_after = defaults.settings.stale_after,
                 .own_interval = false,
                 .max_series = query.statement.max_rows,
                 .db_time = RulesOf(defaults).db_time};
  query.on_error = kOnError[reader.OneOf("on_error", kOnErrorNames, 0)];
  ReadInterval(reader, defaults, query);
  ReadTimeout(reader, defaults, query);
  query.versions = ReadVersions(reader);
  query.asks_with_server = reader.Bool("server_parameter", false);
  for (YamlReader& metric : reader.List("metrics")) {
    query.metrics.push_back(ReadMetric(metric));
    CheckDatabaseLabel(metric, "labels", query.metrics.back().metric, defaults);
  }
  if (query.metrics.empty()) {
    reader.Problem("metrics", "a query needs metrics: a list of {name, type, value, labels}");
  }
  query.name = reader.String("name", query.metrics.empty() ? "" : query.metrics[0].metric.name);
  query.has_own_name = reader.Has("name");
  query.statement.name = query.name;
  reader.RejectUnknownKeys();
  return query;
}

}  // namespace

SeriesRules RulesOf(const SqlDefaults& defaults) {
  SeriesRules rules;
  rules.stale_after = defaults.settings.stale_after;
  if (!defaults.settings.own_stale_after) rules.db_time = defaults.db_time;
  rules.max_series = defaults.statement.max_rows;
  return rules;
}

CountMode ReadCountMode(YamlReader& options) {
  return kModes[options.OneOf("count_mode", std::span(kModeNames).first<2>(), 0)];
}

std::vector<SqlCount> ReadCounts(YamlReader& options, const SqlDefaults& defaults) {
  std::vector<SqlCount> counts;
  for (YamlReader& reader : options.List("counts")) {
    counts.push_back(ReadCount(reader, defaults));
  }
  return counts;
}

std::vector<SqlQuery> ReadQueries(YamlReader& options, const SqlDefaults& defaults) {
  std::vector<SqlQuery> queries;
  for (YamlReader& reader : options.List("queries")) {
    queries.push_back(ReadQuery(reader, defaults));
  }
  return queries;
}

}  // namespace collectors
