#include "collectors/sql/counts/count_estimate.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "collectors/clients/net/shown_text.h"
#include "collectors/sql/counts/count_plan.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

struct Answer {
  std::string_view text;
  Statistics statistics;
};

constexpr Answer kAnswers[] = {
    {"none", Statistics::kNone},
    {"whole", Statistics::kWhole},
    {"empty", Statistics::kEmpty},
    {"other", Statistics::kOther},
};

// reltuples is -1 for a table that was never analyzed. Before PostgreSQL 14 it is 0, the same as
// for a table that was analyzed while empty. `guessed` is the number of pages for which the planner
// guesses; up to a twentieth of all pages is accepted. A foreign table has no pages here. Returns
// two columns: an answer, and the largest guessed table.
constexpr const char* kStatistics = R"(WITH RECURSIVE piece(oid) AS (
  SELECT $1::text::regclass::oid
  UNION SELECT below.oid FROM piece CROSS JOIN LATERAL (
    SELECT inhrelid AS oid FROM pg_inherits WHERE inhparent = piece.oid
    UNION ALL SELECT refobjid FROM pg_class AS view
    JOIN pg_rewrite ON ev_class = view.oid AND ev_type = '1'
    JOIN pg_depend ON classid = 'pg_rewrite'::regclass AND objid = pg_rewrite.oid
      AND refclassid = 'pg_class'::regclass
    WHERE view.oid = piece.oid AND view.relkind = 'v') AS below
), leaf AS (
  SELECT oid, relkind = 'f' AS is_foreign, reltuples > 0 AND relpages > 0 AS analyzed,
    relhassubclass OR reltuples = 0
      AND current_setting('server_version_num')::int >= 140000 AS may_be_empty,
    CASE relkind WHEN 'f' THEN greatest(relpages, 10)
      ELSE pg_relation_size(oid) / current_setting('block_size')::int END AS pages
  FROM piece JOIN pg_class USING (oid) WHERE relkind IN ('r', 'm', 'f')
), weighed AS (
  SELECT *, CASE WHEN analyzed OR pages = 0 AND may_be_empty THEN 0
    ELSE greatest(pages, 10) END AS guessed FROM leaf
)
SELECT CASE WHEN sum(pages) = 0 AND root.relkind IN ('r', 'm', 'p') THEN 'empty'
            WHEN coalesce(sum(pages), 0) = 0 OR sum(guessed) * 20 > sum(pages) THEN 'none'
            WHEN root.relkind IN ('r', 'm', 'p') AND NOT bool_or(is_foreign) THEN 'whole'
            ELSE 'other' END,
  (SELECT oid::regclass::text FROM weighed WHERE guessed > 0 ORDER BY guessed DESC, oid LIMIT 1)
FROM pg_class AS root LEFT JOIN weighed ON true
WHERE root.oid = $1::text::regclass GROUP BY root.relkind)";

PlanEstimate Planned(const SqlRun& run, const SqlCount& count) {
  const auto plan = Explain(run, {.text = RowsStatement(count)});
  if (!plan) throw CollectError(ErrorKind::kQuery, "the server's EXPLAIN names no rows");
  return *plan;
}

[[noreturn]] void FailForGround(const std::string& unknown_part) {
  throw CollectError(
      ErrorKind::kMissing,
      unknown_part.empty()
          ? "PostgreSQL knows no table that is read, so that its number would be invented: count "
            "exactly"
          : fmt::format("{} was never analyzed, or while it was empty, so that PostgreSQL's number "
                        "would be invented: run ANALYZE on it, or count exactly",
                        ShownText(unknown_part)));
}

}  // namespace

TableStatistics StatisticsOf(const SqlRun& run, const std::string& table) {
  const Rows rows = run.session.Query(
      run.context, {.text = kStatistics, .parameters = {QuotedTable(table)}, .max_rows = 1});
  const bool has_text = rows.cells.size() == 1 && rows.cells[0].size() == 2 && rows.cells[0][0];
  const std::string_view text = has_text ? std::string_view(*rows.cells[0][0]) : "";
  const auto* const answer =
      std::ranges::find_if(kAnswers, [text](const Answer& one) { return one.text == text; });
  if (answer != std::end(kAnswers)) return {answer->statistics, rows.cells[0][1].value_or("")};
  throw CollectError(ErrorKind::kQuery, "the server did not say what it knows of the table");
}

double PlannedRows(const SqlRun& run, const SqlCount& count) { return Planned(run, count).rows; }

double EstimateCount(const SqlRun& run, const SqlCount& count) {
  const TableStatistics statistics = StatisticsOf(run, count.table);
  if (statistics.known == Statistics::kEmpty) return 0;
  if (statistics.known == Statistics::kNone) FailForGround(statistics.unknown_part);
  const PlanEstimate plan = Planned(run, count);
  if (!plan.guesses_rows) return plan.rows;
  throw CollectError(ErrorKind::kMissing,
                     "a function returns rows here, or a query calls itself, whose number "
                     "PostgreSQL guesses: count exactly");
}

}  // namespace collectors
