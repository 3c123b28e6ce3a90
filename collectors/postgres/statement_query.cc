#include "collectors/postgres/statement_query.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>
#include <utility>

#include "collectors/series/row_cells.h"

namespace collectors {
namespace {

using Cells = std::vector<std::optional<std::string>>;

struct ColumnNames {
  int since_minor;  // Of version 1 of the extension.
  const char* time;
  const char* read;
  const char* write;
};
// The last row with a version that is old enough applies. Times are in milliseconds.
constexpr ColumnNames kColumnNames[] = {
    {0, "total_time", "blk_read_time", "blk_write_time"},
    {8, "total_exec_time", "blk_read_time", "blk_write_time"},
    {11, "total_exec_time", "shared_blk_read_time", "shared_blk_write_time"},
};

// A hidden statement has no queryid. The last row counts the hidden statements, if there are any.
constexpr const char* kKnown = R"(WITH seen AS MATERIALIZED (
  SELECT userid, dbid, queryid, sum(calls) AS calls, sum({time}) / 1000 AS seconds,
    sum(rows) AS rows, sum({read}) / 1000 AS read, sum({write}) / 1000 AS written
  FROM {function}(false) GROUP BY userid, dbid, queryid
), ranked AS (
  SELECT seen.*, pg_get_userbyid(userid)::text AS usename, datname::text AS datname,
    row_number() OVER (ORDER BY seconds DESC, userid, dbid, queryid) AS rank
  FROM seen JOIN pg_database ON pg_database.oid = dbid
  WHERE queryid IS NOT NULL AND datname::text <> ALL ($4::text[])
    AND pg_get_userbyid(userid)::text <> ALL ($5::text[])
)
SELECT userid::text, dbid::text, queryid::text, usename, datname, calls, seconds, rows, read,
  written
FROM ranked
WHERE rank <= {limit} OR (userid, dbid, queryid)
  IN (SELECT * FROM unnest($1::oid[], $2::oid[], $3::bigint[]))
UNION ALL
SELECT NULL, NULL, NULL, current_user::text, NULL, count(*), NULL, NULL, NULL, NULL
FROM seen WHERE queryid IS NULL HAVING count(*) > 0)";

// Columns of kKnown.
enum Column : std::size_t {
  kUserId,
  kDatabaseId,
  kQueryId,
  kUser,
  kDatabase,
  kCalls,
  kSeconds,
  kRows,
  kRead,
  kWritten
};

struct UseMetric {
  const char* name;
  double StatementUse::*value;
  const char* help;
};
constexpr UseMetric kMetrics[] = {
    {"pg_stat_statements_calls_total", &StatementUse::calls,
     "How often the statement was executed."},
    {"pg_stat_statements_seconds_total", &StatementUse::seconds,
     "Seconds that the statement took to execute."},
    {"pg_stat_statements_rows_total", &StatementUse::rows,
     "Rows that the statement returned or changed."},
    {"pg_stat_statements_block_read_seconds_total", &StatementUse::read_seconds,
     "Seconds that the statement spent reading blocks; 0 unless track_io_timing is on."},
    {"pg_stat_statements_block_write_seconds_total", &StatementUse::write_seconds,
     "Seconds that the statement spent writing blocks; 0 unless track_io_timing is on."},
};

const ColumnNames& ColumnsOf(const StatementsExtension& extension) {
  const ColumnNames* names = kColumnNames;
  for (const ColumnNames& row : kColumnNames) {
    if (extension.major > 1 || extension.minor >= row.since_minor) names = &row;
  }
  return *names;
}

// Returns a PostgreSQL array. Each element is quoted, so that none is read as NULL.
std::string ArrayOf(const std::vector<std::string>& elements) {
  std::string array;
  for (const std::string& element : elements) {
    array += array.empty() ? "\"" : ",\"";
    for (const char c : element) {
      if (c == '"' || c == '\\') array += '\\';
      array += c;
    }
    array += '"';
  }
  return "{" + array + "}";
}

std::string KeysOf(const std::set<StatementKey>& members, std::string StatementKey::*part) {
  std::vector<std::string> parts;
  parts.reserve(members.size());
  for (const StatementKey& key : members) parts.push_back(key.*part);
  return ArrayOf(parts);
}

double NumberAt(const Cells& cells, Column column) {
  return cells[column] ? ParseSqlNumber(*cells[column]).value_or(0) : 0;
}

}  // namespace

SqlStatement ExtensionStatement() {
  return {.text =
              "SELECT quote_ident(nspname), extversion FROM pg_extension"
              " JOIN pg_namespace ON pg_namespace.oid = extnamespace"
              " WHERE extname = 'pg_stat_statements'"};
}

std::optional<StatementsExtension> MapExtension(const Rows& rows) {
  if (rows.cells.empty()) return std::nullopt;
  StatementsExtension extension{rows.cells[0][0].value_or("")};
  const std::string version = rows.cells[0][1].value_or("");
  const char* const end = version.data() + version.size();
  const auto major = std::from_chars(version.data(), end, extension.major);
  if (major.ptr != end) std::from_chars(major.ptr + 1, end, extension.minor);
  return extension;
}

SqlStatement KnownStatement(const StatementsExtension& extension, const StatementChoice& choice,
                            const std::set<StatementKey>& members) {
  const ColumnNames& names = ColumnsOf(extension);
  SqlStatement statement;
  statement.text = fmt::format(kKnown, fmt::arg("time", names.time), fmt::arg("read", names.read),
                               fmt::arg("write", names.write), fmt::arg("limit", choice.limit),
                               fmt::arg("function", extension.schema + ".pg_stat_statements"));
  statement.parameters = {KeysOf(members, &StatementKey::user_id),
                          KeysOf(members, &StatementKey::database_id),
                          KeysOf(members, &StatementKey::query_id),
                          ArrayOf(choice.exclude_databases), ArrayOf(choice.exclude_users)};
  // The top, the members, and the row for hidden statements.
  statement.max_rows = choice.limit + members.size() + 1;
  return statement;
}

KnownStatements MapKnown(const Rows& rows) {
  KnownStatements known;
  for (const Cells& cells : rows.cells) {
    if (!cells[kQueryId]) {
      known.blind_role = LabelValue(cells[kUser]);
      continue;
    }
    known.uses.push_back(
        {{LabelValue(cells[kUserId]), LabelValue(cells[kDatabaseId]), LabelValue(cells[kQueryId])},
         LabelValue(cells[kUser]),
         LabelValue(cells[kDatabase]),
         NumberAt(cells, kCalls),
         NumberAt(cells, kSeconds),
         NumberAt(cells, kRows),
         NumberAt(cells, kRead),
         NumberAt(cells, kWritten)});
  }
  return known;
}

void WriteStatements(const std::vector<StatementUse>& uses,
                     std::optional<exporter::SteadyTime> expires_at,
                     exporter::FamilySet& families) {
  for (const UseMetric& metric : kMetrics) {
    auto& family =
        families.Open(prometheus::MetricType::Counter, metric.name, metric.help, expires_at);
    for (const StatementUse& use : uses) {
      family.Add({{"user", use.user}, {"datname", use.database}, {"queryid", use.key.query_id}},
                 use.*metric.value);
    }
  }
}

std::vector<std::string> StatementFamilies() {
  std::vector<std::string> names;
  for (const UseMetric& metric : kMetrics) names.emplace_back(metric.name);
  return names;
}

}  // namespace collectors
