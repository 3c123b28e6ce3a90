#include "collectors/sql/counts/count_kin.h"

#include <algorithm>
#include <map>

namespace collectors {
namespace {

// Selects columns of types whose equal values have equal texts (PostgreSQL's documentation, chapter
// 8) and whose collation, if any, is deterministic. numeric, float, char(n), json and extension
// types are not among them.
constexpr const char* kExact =
    "SELECT attname FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid"
    " LEFT JOIN pg_collation ON pg_collation.oid = attcollation"
    " WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped"
    " AND (typtype = 'e' OR typnamespace = 'pg_catalog'::regnamespace AND typname IN ('bool',"
    " 'int2', 'int4', 'int8', 'oid', 'text', 'varchar', 'name', 'uuid', 'date', 'timestamp',"
    " 'timestamptz', 'inet'))"
    " AND coalesce(collisdeterministic, true)";

}  // namespace

ExactColumns FindExactColumns(const SqlRun& run, const std::string& table) {
  ExactColumns exact;
  if (run.session.dialect() != SqlDialect::kPostgres) return exact;
  const Rows rows =
      run.session.Query(run.context, {.text = kExact, .parameters = {QuotedTable(table)}});
  for (const auto& cells : rows.cells) {
    if (!cells.empty() && cells[0]) exact.insert(*cells[0]);
  }
  return exact;
}

std::vector<Indexes> Kin(const std::vector<const SqlCount*>& counts, const ExactColumns& exact) {
  // By columns; counts with exact columns have the empty key.
  std::map<std::set<std::string>, Indexes> families;
  Indexes plain;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto& labels = counts[i]->metric.labels;
    std::set<std::string> columns(labels.begin(), labels.end());
    if (std::ranges::includes(exact, columns)) columns.clear();
    auto& family = labels.empty() ? plain : families[columns];
    family.push_back(i);
  }
  std::vector<Indexes> kin;
  kin.reserve(families.size() + 1);
  for (auto& [columns, family] : families) kin.push_back(std::move(family));
  if (kin.empty()) kin.emplace_back();
  kin[0].insert(kin[0].end(), plain.begin(), plain.end());
  std::ranges::sort(kin[0]);
  return kin;
}

}  // namespace collectors
