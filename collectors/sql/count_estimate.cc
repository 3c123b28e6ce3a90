#include "collectors/sql/count_estimate.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "collectors/sql/count_plan.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

struct Answer {
  std::string_view text;
  Statistics statistics;
};

constexpr Answer kAnswers[] = {
    {"none", Statistics::kNone},   {"part", Statistics::kPart},      {"whole", Statistics::kWhole},
    {"empty", Statistics::kEmpty}, {"other", Statistics::kNotTable},
};

// reltuples of a table that was never analyzed is -1, or 0 before PostgreSQL 14.
// A foreign table has no pages here.
constexpr const char* kStatistics = R"(WITH RECURSIVE piece(oid) AS (
  SELECT $1::text::regclass::oid
  UNION SELECT inhrelid FROM pg_inherits JOIN piece ON inhparent = piece.oid
), filled AS (
  SELECT reltuples > 0 AS analyzed FROM piece JOIN pg_class USING (oid)
  WHERE relkind IN ('r', 'm') AND pg_relation_size(oid) > 0 OR relkind = 'f'
)
SELECT CASE WHEN root.relkind NOT IN ('r', 'm', 'p') THEN 'other'
            WHEN NOT EXISTS (SELECT 1 FROM filled) THEN 'empty'
            WHEN (SELECT bool_and(analyzed) FROM filled) THEN 'whole'
            WHEN (SELECT bool_or(analyzed) FROM filled) THEN 'part'
            ELSE 'none' END
FROM pg_class AS root WHERE root.oid = $1::text::regclass)";

}  // namespace

Statistics StatisticsOf(const SqlRun& run, const std::string& table) {
  const Rows rows = run.session.Query(
      run.context, {.text = kStatistics, .parameters = {QuotedTable(table)}, .max_rows = 1});
  const bool has_text = rows.cells.size() == 1 && rows.cells[0].size() == 1 && rows.cells[0][0];
  const std::string_view text = has_text ? std::string_view(*rows.cells[0][0]) : "";
  const auto* const answer =
      std::ranges::find_if(kAnswers, [text](const Answer& one) { return one.text == text; });
  if (answer != std::end(kAnswers)) return answer->statistics;
  throw CollectError(ErrorKind::kQuery, "the server did not say what it knows of the table");
}

double PlannedRows(const SqlRun& run, const SqlCount& count) {
  const auto plan = Explain(run, {.text = RowsStatement(count)});
  if (!plan) throw CollectError(ErrorKind::kQuery, "the server's EXPLAIN names no rows");
  return plan->rows;
}

double EstimateCount(const SqlRun& run, const SqlCount& count) {
  const Statistics statistics = StatisticsOf(run, count.table);
  if (statistics == Statistics::kEmpty) return 0;
  if (statistics == Statistics::kNone) {
    throw CollectError(ErrorKind::kMissing, "the table was never analyzed: run ANALYZE on it");
  }
  return PlannedRows(run, count);
}

}  // namespace collectors
