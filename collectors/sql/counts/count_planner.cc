#include "collectors/sql/counts/count_planner.h"

#include <chrono>

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using exporter::SteadyTime;

constexpr std::chrono::minutes kLookInterval(1);
constexpr std::chrono::hours kChoiceHolds(1);
constexpr double kGrowth = 2;

// Asks the planner. A failure costs only the answer, except for a timeout or a failure that ends
// the run: a lock blocks the counts, too, and without a server there is nothing to count.
template <typename Ask>
auto AskPlanner(const Ask& ask) -> decltype(ask()) {
  try {
    return ask();
  } catch (const CollectError& error) {
    if (EndsRun(error.kind()) || error.kind() == ErrorKind::kTimeout) throw;
    return std::nullopt;
  }
}

}  // namespace

void CountPlanner::Look(const SqlRun& run, const SqlCount& count) {
  if (run.session.dialect() != SqlDialect::kPostgres || run.now < look_at_) return;
  size_ = AskPlanner([&]() -> std::optional<TableSize> {
    SqlCount rows;
    rows.table = count.table;
    const double planned = PlannedRows(run, rows);
    return TableSize{planned, StatisticsOf(run, count.table).known};
  });
  look_at_ = run.now + kLookInterval;
}

// If the server does not report the exact columns, none counts as exact.
ExactColumns CountPlanner::ExactColumnsOf(const SqlRun& run, const std::string& table) {
  const auto asked =
      AskPlanner([&] { return std::optional<ExactColumns>(FindExactColumns(run, table)); });
  return asked.value_or(ExactColumns());
}

bool CountPlanner::EstimatesPlainCounts() const {
  return size_ && size_->known == Statistics::kWhole && size_->rows > kLargeTable;
}

bool CountPlanner::IsValid(SteadyTime now, const std::vector<const SqlCount*>& counts) const {
  if (decided_for_ != counts || now >= decided_at_ + kChoiceHolds) return false;
  return !size_ || size_->rows <= kGrowth * decided_rows_;
}

const std::vector<Indexes>& CountPlanner::Groups(const SqlRun& run,
                                                 const std::vector<const SqlCount*>& counts) {
  if (IsValid(run.now, counts)) return groups_;
  groups_.clear();
  for (const Indexes& kin : Kin(counts, ExactColumnsOf(run, counts[0]->table))) {
    std::vector<const SqlCount*> members;
    for (const std::size_t index : kin) members.push_back(counts[index]);
    for (const Indexes& group : Choose(run, members)) {
      Indexes& chosen = groups_.emplace_back();
      for (const std::size_t place : group) chosen.push_back(kin[place]);
    }
  }
  decided_for_ = counts;
  decided_at_ = run.now;
  decided_rows_ = size_ ? size_->rows : 0;
  return groups_;
}

// Planning gets half of the run's time: over a slow network the plans may take longer than the
// counts.
std::vector<Indexes> CountPlanner::Choose(const SqlRun& run,
                                          const std::vector<const SqlCount*>& counts) const {
  if (run.session.dialect() != SqlDialect::kPostgres || counts.size() < 2) {
    return Together(counts.size());
  }
  const Deadline half = Deadline::After(run.context.deadline.Remaining() / 2);
  bool out_of_time = false;
  const PlanOf plan_of = [&](const Indexes& indexes) -> std::optional<PlanEstimate> {
    out_of_time = out_of_time || half.Expired();
    if (out_of_time) return std::nullopt;
    std::vector<const SqlCount*> members;
    for (const std::size_t index : indexes) members.push_back(counts[index]);
    SqlStatement statement = options_;
    statement.text = CountStatement(members);
    return AskPlanner([&] { return Explain(run, statement); });
  };
  const double rows = size_ ? size_->rows : 0;
  auto groups =
      ChooseGroups(counts.size(), plan_of, {static_cast<double>(options_.max_rows), rows});
  return out_of_time ? Together(counts.size()) : groups;
}

}  // namespace collectors
