#include "collectors/sql/sql_type.h"

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "collectors/databases/database_rules.h"
#include "collectors/databases/database_tour.h"
#include "collectors/parts/query_reader.h"
#include "collectors/parts/sql_collector.h"
#include "collectors/sql/count_reader.h"
#include "collectors/sql/sql_questions.h"

namespace collectors {
namespace {

using exporter::YamlReader;

bool ReadAcceptsRowSecurity(YamlReader& options) {
  static constexpr std::array<std::string_view, 2> kNames = {"refuse", "accept"};
  return options.OneOf("row_security", kNames, 0) == 1;
}

void CheckRowSecurity(YamlReader& options, const SqlSource& source) {
  if (!options.Has("row_security") || source.session == nullptr) return;
  if (source.session->dialect() == SqlDialect::kPostgres) return;
  options.Problem("row_security", "row_security is for PostgreSQL: leave it out");
}

std::optional<DatabaseRules> ReadDatabases(YamlReader& options,
                                           const exporter::JobSettings& settings,
                                           const SqlSource& source) {
  if (options.Has("databases") && source.session != nullptr &&
      source.session->dialect() == SqlDialect::kSqlite) {
    options.Problem("databases",
                    "databases is for PostgreSQL, MySQL and MariaDB: an SQLite file is one "
                    "database; leave it out");
  }
  return ReadDatabaseRules(options, settings, StatementsOf::kUser);
}

std::vector<std::unique_ptr<SqlPart>> MakeParts(SqlQuestions questions,
                                                std::optional<DatabaseRules> rules) {
  if (!rules) return QuestionParts(std::move(questions));
  const auto interval = rules->interval;
  std::vector<std::unique_ptr<SqlPart>> parts;
  parts.push_back(std::make_unique<DatabaseTour>(
      std::move(*rules), [questions = std::move(questions), interval](const std::string& database) {
        return QuestionPartsIn(database, questions, interval);
      }));
  return parts;
}

bool ReadSingleton(YamlReader& options, const SqlSource& source, bool keeps_connected) {
  const bool singleton = options.Bool("singleton", false);
  if (singleton && !keeps_connected) {
    options.Problem("keep_connected",
                    "a singleton keeps its connection, whose lock says that it leads: leave "
                    "keep_connected out, or singleton");
  }
  if (singleton && source.session && source.session->dialect() != SqlDialect::kPostgres) {
    options.Problem("singleton",
                    "singleton needs a PostgreSQL, whose lock says who of several exporters leads");
  }
  return singleton;
}

}  // namespace

std::unique_ptr<exporter::Collector> MakeSqlCollector(YamlReader& options,
                                                      const exporter::JobSettings& settings) {
  SqlDefaults defaults{settings, {}};
  defaults.statement.max_rows = static_cast<std::size_t>(
      options.Integer("max_rows", 10000, 1, static_cast<std::int64_t>(kMostRows)));
  defaults.statement.parallel = options.Bool("parallel", false);
  SqlTarget target = ReadSqlTarget(options, settings);
  const bool keeps_connected = target.keep_connected;
  target.accepts_row_security = ReadAcceptsRowSecurity(options);
  target.uses_search_path = true;
  SqlSource source = ReadSqlSource(options, settings, std::move(target));
  CheckRowSecurity(options, source);
  defaults.db_time = source.db_time;
  if (source.session != nullptr) defaults.dialect = source.session->dialect();
  const CountMode count_mode = ReadCountMode(options);
  auto rules = ReadDatabases(options, settings, source);
  if (rules) defaults.tour_interval = rules->interval;
  auto counts = ReadCounts(options, defaults, count_mode);
  auto queries = ReadQueries(options, defaults);
  auto questions =
      MakeQuestions(options, std::move(counts), std::move(queries), defaults.statement);
  const bool singleton = ReadSingleton(options, source, keeps_connected);
  if (source.session == nullptr) return nullptr;
  auto collector = std::make_unique<SqlCollector>(
      std::move(source), MakeParts(std::move(questions), std::move(rules)), settings);
  if (singleton) collector->MakeSingleton(settings);
  return collector;
}

const exporter::CollectorType kSqlType = {
    .name = "sql",
    .summary =
        "Business numbers from PostgreSQL, SQLite, MySQL or MariaDB: counts of rows, and your "
        "own queries.",
    .keys =
        R"(dsn             postgresql://user:password@host/database, mysql:// or
                mariadb:// likewise, or sqlite:///absolute/path; dsn_file for a
                file that holds it; ?schema=, ?currentSchema= and ?search_path= say where
                PostgreSQL's tables are looked for
keep_connected  false: a connection for each run, so that between runs none keeps the
                database from being dropped, renamed or copied (default true)
counts          list of {metric, table, where, by, mode, count_up_to, on_missing, help,
                constant_labels}; counts on one table share one scan where that is cheaper
  metric        the name of the gauge
  table         table or schema.table, with the case it has in the database
  where         condition in SQL; absent for all rows
  by            columns to group by, which become labels
  mode          exact; estimate: what PostgreSQL's planner reckons, without looking at the rows
                (no by; all that is read must have been analyzed); auto: the estimate for all rows
                of a table of more than 100000 that was analyzed, else exact (default: count_mode)
  count_up_to   stops there: this value means so many or more (no by); counts exactly below
  on_missing    what a series that is gone becomes: drop (default), zero or keep
  help          the metric's help text
  constant_labels  labels with a fixed value
queries         list of {sql or query_file, metrics, and the keys below}
  sql           one statement; it runs in a read-only transaction
  query_file    instead of sql: a file that holds the statement, at most 1 MiB,
                relative to this file; read once, and no ${NAME} is replaced in it
  metrics       list of {name, type, value, labels, help, constant_labels, factor, since,
                until}
    name        the metric's name
    type        gauge (default), counter, untyped or histogram
    value       the column of the value; NULL is no sample, a time is epoch seconds, an interval
                seconds, a boolean 1 or 0
    labels      the columns of the labels
    factor      the value is multiplied by it; in a histogram the bounds and the sum
    since       only from this major version of PostgreSQL on
    until       only up to this major version
    values      instead of value: a list of columns, each a sample with its own name
                as the label that value_label names
    name_from   instead of name: the column in which each row names its metric, at
                most 1000 of them; prefix is put before it
    le          of a histogram whose rows are buckets: the column of the upper bounds,
                NULL or infinity for all; value counts the rows of each bucket, or up
                to it with cumulative: true; sum is the column of the sum of a series,
                on any of its rows
    buckets     of a histogram whose rows are observations in value: a list of up to
                100 upper bounds
  interval      how often it runs; in every run of the collector where absent
  timeout       its own, at most the collector's
  max_rows      its own
  on_missing    what a series that is gone becomes: drop (default), zero or keep
  on_error      keep (default) shows the last answer until stale_after when the query
                fails, drop withdraws it at once
  name          names the query in the log; the first metric's name where absent
  since, until  only from this and up to this major version of PostgreSQL
  server_parameter  true: the server's host:port is passed as $1; not for MySQL
count_mode      mode of the counts that name none: exact (default) or auto
max_rows        a statement that returns more rows fails with reason limit (default 10000)
parallel        true lets PostgreSQL use parallel workers (default false)
max_db_time     share of one core that the collector may take of the database (default 5%):
                after a statement of t seconds the next one waits t divided by it
databases       {include, exclude, max, interval, skip_missing}: counts and queries are asked in
                each database of the server, one after another over one connection more, and
                their series have the label datname; without it in the dsn's alone. include and
                exclude are RE2 patterns for the whole name (all, none), max databases (20) are
                visited every interval (5m); skip_missing: true is no problem if a database
                lacks a table that another has. Not for SQLite
row_security    refuse (default): a statement on a table of which policies show the role only a part
                of the rows fails with reason permission; accept: it answers with that part;
                PostgreSQL only
singleton       true: of several exporters with a collector of this name on this database only
                one collects, the others stand by; PostgreSQL only, and no pooler (default
                false))",
    .metrics = "what counts and queries name",
    .health = {},
    .make = MakeSqlCollector,
};

}  // namespace collectors
