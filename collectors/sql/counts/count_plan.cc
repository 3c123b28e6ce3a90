#include "collectors/sql/counts/count_plan.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace collectors {
namespace {

// The plan of a partitioned table has one or two lines per partition.
constexpr std::size_t kMostLines = 100'000;

// Removes `word` and the number after it from the front of the text, and returns the number.
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

// Steps of a plan whose number of rows no statistics cover.
constexpr std::string_view kGuessed[] = {"Function Scan", "Table Function Scan", "ProjectSet",
                                         "Recursive Union"};

bool IsAtGuess(const std::vector<std::optional<std::string>>& row) {
  if (row.empty() || !row[0]) return false;
  std::string_view step = *row[0];
  step.remove_prefix(std::min(step.find_first_not_of(" ->"), step.size()));
  return std::ranges::any_of(kGuessed,
                             [step](std::string_view one) { return step.starts_with(one); });
}

}  // namespace

std::optional<PlanEstimate> ParsePlan(const Rows& rows) {
  if (rows.cells.empty() || rows.cells[0].size() != 1 || !rows.cells[0][0]) return std::nullopt;
  std::string_view line = *rows.cells[0][0];
  // The last one, because a table's name may contain the same text.
  const std::size_t start = line.rfind("  (cost=");
  if (start == std::string_view::npos) return std::nullopt;
  line.remove_prefix(start);
  const auto start_up = TakeNumber(line, "  (cost=");
  const auto cost = TakeNumber(line, "..");
  const auto count = TakeNumber(line, " rows=");
  const auto width = TakeNumber(line, " width=");
  if (!start_up || !cost || !count || !width || line != ")") return std::nullopt;
  return PlanEstimate{*cost, *count, std::ranges::any_of(rows.cells, IsAtGuess)};
}

std::optional<PlanEstimate> Explain(const SqlRun& run, SqlStatement statement) {
  statement.text.insert(0, "EXPLAIN ");
  statement.max_rows = kMostLines;
  return ParsePlan(run.session.Query(run.context, statement));
}

}  // namespace collectors
