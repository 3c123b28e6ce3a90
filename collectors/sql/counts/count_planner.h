#pragma once

#include <optional>
#include <vector>

#include "collectors/parts/sql_part.h"
#include "collectors/sql/counts/count_estimate.h"
#include "collectors/sql/counts/count_grouping.h"
#include "collectors/sql/counts/count_kin.h"
#include "collectors/sql/counts/count_statement.h"

namespace collectors {

// Chooses which counts on one table share a statement, by the planner's costs. Asking the planner
// takes some milliseconds, so a choice is kept for an hour, unless the counts change or the table
// more than doubles. Databases other than PostgreSQL are not asked: there, all counts that may
// share (Kin) do. Not thread-safe.
class CountPlanner {
 public:
  explicit CountPlanner(SqlStatement options) : options_(std::move(options)) {}

  // Reads the table's size, at most once a minute. Call before the other functions. Throws
  // CollectError of kind kTimeout if the table is locked.
  void Look(const SqlRun& run, const SqlCount& count);
  // Whether mode auto takes the planner's estimate: the table is large, and was analyzed, so that
  // the estimate is good.
  bool EstimatesPlainCounts() const;

  // Returns groups of indexes into `counts`. Throws as Look does.
  const std::vector<Indexes>& Groups(const SqlRun& run, const std::vector<const SqlCount*>& counts);
  // Discards the choice, so that Groups makes a new one.
  void Forget() { decided_for_.clear(); }

 private:
  struct TableSize {
    double rows = 0;
    Statistics known = Statistics::kNone;
  };

  static ExactColumns ExactColumnsOf(const SqlRun& run, const std::string& table);
  bool IsValid(exporter::SteadyTime now, const std::vector<const SqlCount*>& counts) const;
  std::vector<Indexes> Choose(const SqlRun& run, const std::vector<const SqlCount*>& counts) const;

  SqlStatement options_;
  std::optional<TableSize> size_;  // Absent if the server does not report it.
  exporter::SteadyTime look_at_ = exporter::SteadyTime::min();
  std::vector<Indexes> groups_;
  std::vector<const SqlCount*> decided_for_;  // Empty if nothing is chosen.
  exporter::SteadyTime decided_at_;
  double decided_rows_ = 0;
};

}  // namespace collectors
