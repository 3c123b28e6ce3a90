#include "collectors/sql/counts/count_grouping.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace collectors {
namespace {

// The most plans to ask for per choice. Counts that remain stay apart.
constexpr std::size_t kMostPlans = 200;
// PostgreSQL estimates at most a tenth of the table's rows for a grouping by several columns, so
// that many means that it does not know. Few rows are fast in any case.
constexpr double kMostShareOfRows = 0.1;
constexpr double kFewGroups = 1000;

struct Group {
  Indexes members;
  PlanEstimate plan;
};

bool HasTooManyRows(const PlanEstimate& plan, const GroupingLimits& limits) {
  if (plan.rows > limits.max_rows) return true;
  return plan.rows > kFewGroups && plan.rows >= kMostShareOfRows * limits.table_rows;
}

class Chooser {
 public:
  Chooser(const PlanOf& plan_of, const GroupingLimits& limits)
      : plan_of_(plan_of), limits_(limits) {}

  void Add(Group one) {
    const bool joined =
        std::ranges::any_of(groups_, [&](Group& group) { return TryJoin(group, one); });
    if (!joined) groups_.push_back(std::move(one));
  }

  std::optional<PlanEstimate> Plan(const Indexes& indexes) {
    if (plans_ == kMostPlans) return std::nullopt;
    ++plans_;
    return plan_of_(indexes);
  }

  std::vector<Indexes> Take() && {
    std::vector<Indexes> groups;
    for (Group& group : groups_) groups.push_back(std::move(group.members));
    return groups;
  }

 private:
  bool TryJoin(Group& group, const Group& one) {
    Indexes members = group.members;
    members.insert(members.end(), one.members.begin(), one.members.end());
    std::ranges::sort(members);
    const auto plan = Plan(members);
    if (!plan || HasTooManyRows(*plan, limits_)) return false;
    if (plan->cost >= group.plan.cost + one.plan.cost) return false;
    group = {std::move(members), *plan};
    return true;
  }

  const PlanOf& plan_of_;
  const GroupingLimits& limits_;
  std::vector<Group> groups_;
  std::size_t plans_ = 0;
};

}  // namespace

std::vector<Indexes> Together(std::size_t counts) {
  Indexes all(counts);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return {std::move(all)};
}

std::vector<Indexes> ChooseGroups(std::size_t counts, const PlanOf& plan_of,
                                  const GroupingLimits& limits) {
  Chooser chooser(plan_of, limits);
  std::vector<Group> known;
  std::vector<Indexes> unknown;
  for (std::size_t i = 0; i < counts; ++i) {
    if (const auto plan = chooser.Plan({i})) {
      known.push_back({{i}, *plan});
    } else {
      unknown.push_back({i});
    }
  }
  if (known.empty()) return Together(counts);
  std::ranges::stable_sort(
      known, [](const Group& a, const Group& b) { return a.plan.cost > b.plan.cost; });
  for (Group& one : known) chooser.Add(std::move(one));
  std::vector<Indexes> groups = std::move(chooser).Take();
  groups.insert(groups.end(), unknown.begin(), unknown.end());
  return groups;
}

}  // namespace collectors
