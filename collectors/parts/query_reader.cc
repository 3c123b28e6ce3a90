#include "collectors/parts/query_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <variant>

#include "collectors/parts/database_label.h"
#include "collectors/parts/metric_reader.h"
#include "collectors/parts/query_file.h"

namespace collectors {
namespace {

using exporter::YamlReader;

constexpr std::array<std::string_view, 3> kOnMissingNames = {"drop", "zero", "keep"};
constexpr std::array<OnMissing, 3> kOnMissing = {OnMissing::kDrop, OnMissing::kZero,
                                                 OnMissing::kKeep};
constexpr std::array<std::string_view, 2> kOnErrorNames = {"keep", "drop"};
constexpr std::array<OnError, 2> kOnError = {OnError::kKeep, OnError::kDrop};

// Reads a query's own interval, and sets how long its rows then live.
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

OnMissing ReadOnMissing(YamlReader& reader) {
  return kOnMissing[reader.OneOf("on_missing", kOnMissingNames, 0)];
}

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

std::vector<SqlQuery> ReadQueries(YamlReader& options, const SqlDefaults& defaults) {
  std::vector<SqlQuery> queries;
  for (YamlReader& reader : options.List("queries")) {
    queries.push_back(ReadQuery(reader, defaults));
  }
  return queries;
}

}  // namespace collectors
