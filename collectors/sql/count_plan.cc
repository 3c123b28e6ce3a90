#include "collectors/sql/count_plan.h"

#include <charconv>
#include <string_view>
#include <utility>

namespace collectors {
namespace {

// A table of many partitions has a line or two for each.
constexpr std::size_t kMostLines = 100'000;

// Takes `word` and the number behind it off the front of the text.
std::optional<double> TakeNumber(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return std::nullopt;
  text.remove_prefix(word.size());
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || !(number >= 0)) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

}  // namespace

std::optional<PlanEstimate> ParsePlan(const Rows& rows) {
  if (rows.cells.empty() || rows.cells[0].size() != 1 || !rows.cells[0][0]) return std::nullopt;
  std::string_view line = *rows.cells[0][0];
  // The last one: a table may be called like the first.
  const std::size_t start = line.rfind("  (cost=");
  if (start == std::string_view::npos) return std::nullopt;
  line.remove_prefix(start);
  const auto start_up = TakeNumber(line, "  (cost=");
  const auto cost = TakeNumber(line, "..");
  const auto count = TakeNumber(line, " rows=");
  const auto width = TakeNumber(line, " width=");
  if (!start_up || !cost || !count || !width || line != ")") return std::nullopt;
  return PlanEstimate{*cost, *count};
}

std::optional<PlanEstimate> Explain(const SqlRun& run, SqlStatement statement) {
  statement.text.insert(0, "EXPLAIN ");
  statement.max_rows = kMostLines;
  return ParsePlan(run.session.Query(run.context, statement));
}

}  // namespace collectors
