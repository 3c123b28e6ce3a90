#include "collectors/sql/sql_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <stdexcept>

namespace collectors {
namespace {

using exporter::YamlReader;

constexpr std::array<std::string_view, 3> kTypeNames = {"gauge", "counter", "untyped"};
constexpr std::array<prometheus::MetricType, 3> kTypes = {prometheus::MetricType::Gauge,
                                                          prometheus::MetricType::Counter,
                                                          prometheus::MetricType::Untyped};
constexpr std::array<std::string_view, 3> kOnMissingNames = {"drop", "zero", "keep"};
constexpr std::array<OnMissing, 3> kOnMissing = {OnMissing::kDrop, OnMissing::kZero,
                                                 OnMissing::kKeep};
constexpr std::array<std::string_view, 3> kModeNames = {"exact", "auto", "estimate"};
constexpr std::array<CountMode, 3> kModes = {CountMode::kExact, CountMode::kAuto,
                                             CountMode::kEstimate};
constexpr std::int64_t kHighestBound = 1'000'000'000;
constexpr int kIntervalsUntilStale = 3;
constexpr int kNewestMajor = 99;
constexpr int kVersionsAMajor = 10000;  // 14 is 140000.

OnMissing ReadOnMissing(YamlReader& reader) {
  return kOnMissing[reader.OneOf("on_missing", kOnMissingNames, 0)];
}

// The majors `since` and `until`, both among them.
VersionRange ReadVersions(YamlReader& reader) {
  const auto since = static_cast<int>(reader.Integer("since", 0, 0, kNewestMajor));
  const auto until = static_cast<int>(reader.Integer("until", kNewestMajor, 0, kNewestMajor));
  if (until < since) reader.Problem("until", "until comes before since: no version is left");
  return {since * kVersionsAMajor, (until + 1) * kVersionsAMajor};
}

std::string ReadMetricName(YamlReader& reader, const std::string& key) {
  std::string name = reader.RequiredString(key);
  if (!name.empty() && !IsMetricName(name)) {
    reader.Problem(key, fmt::format("{} is no metric name; it takes letters, digits, _ and :, and "
                                    "starts with no digit",
                                    exporter::Quoted(name)));
  }
  return name;
}

// The label columns under `key`, and constant_labels.
void ReadLabels(YamlReader& reader, const std::string& key, SqlMetric& metric) {
  metric.labels = reader.Strings(key);
  metric.constant_labels = reader.LabelMap("constant_labels");
  std::vector<std::string> names;
  for (const auto& [name, value] : metric.constant_labels) names.push_back(name);
  for (const std::string& label : metric.labels) {
    if (!exporter::IsLabelName(label)) {
      reader.Problem(key, fmt::format("{} is no label name; it takes letters, digits and _, starts "
                                      "with no digit and not with __; give the column another name "
                                      "with AS in a query",
                                      exporter::Quoted(label)));
    } else if (std::find(names.begin(), names.end(), label) != names.end()) {
      reader.Problem(key, fmt::format("the label {} is there twice", label));
    }
    names.push_back(label);
  }
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

SqlCount ReadCount(YamlReader& reader, const SqlDefaults& defaults) {
  SqlCount count;
  count.metric.name = ReadMetricName(reader, "metric");
  count.table = reader.RequiredString("table");
  CheckTable(reader, count.table);
  count.where = reader.String("where", "");
  ReadLabels(reader, "by", count.metric);
  ReadMode(reader, defaults, count);
  count.metric.help = reader.String("help", DefaultHelp(count)) + Caution(count);
  count.rules = {.on_missing = ReadOnMissing(reader),
                 .stale_after = defaults.settings.stale_after,
                 .own_interval = false,
                 .db_time = RulesOf(defaults).db_time,
                 .max_series = defaults.statement.max_rows};
  reader.RejectUnknownKeys();
  return count;
}

QueryMetric ReadMetric(YamlReader& reader) {
  QueryMetric read;
  read.metric.name = ReadMetricName(reader, "name");
  read.metric.type = kTypes[reader.OneOf("type", kTypeNames, 0)];
  read.metric.value = reader.RequiredString("value");
  ReadLabels(reader, "labels", read.metric);
  read.metric.help = reader.String("help", fmt::format("Column {} of a query.", read.metric.value));
  read.metric.factor = reader.Number("factor", 1);
  read.versions = ReadVersions(reader);
  reader.RejectUnknownKeys();
  return read;
}

// A query's own interval, and how long its rows then live.
void ReadInterval(YamlReader& reader, const SqlDefaults& defaults, SqlQuery& query) {
  query.interval = reader.Duration("interval");
  if (!query.interval) return;
  if (*query.interval < defaults.settings.interval) {
    reader.Problem("interval", "a query cannot run more often than its collector");
  }
  query.rules.own_interval = true;
  query.rules.stale_after =
      std::max(kIntervalsUntilStale * *query.interval, defaults.settings.stale_after);
}

SqlQuery ReadQuery(YamlReader& reader, const SqlDefaults& defaults) {
  SqlQuery query;
  query.statement = defaults.statement;
  query.statement.text = reader.RequiredString("sql");
  query.rules = {.on_missing = ReadOnMissing(reader),
                 .stale_after = defaults.settings.stale_after,
                 .own_interval = false,
                 .db_time = RulesOf(defaults).db_time,
                 .max_series = defaults.statement.max_rows};
  ReadInterval(reader, defaults, query);
  query.versions = ReadVersions(reader);
  query.asks_with_server = reader.Bool("server_parameter", false);
  for (YamlReader& metric : reader.List("metrics")) query.metrics.push_back(ReadMetric(metric));
  if (query.metrics.empty()) {
    reader.Problem("metrics", "a query needs metrics: a list of {name, type, value, labels}");
  }
  query.name = reader.String("name", query.metrics.empty() ? "" : query.metrics[0].metric.name);
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
