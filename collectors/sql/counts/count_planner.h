#pragma once

#include <optional>
#include <vector>

#include "collectors/parts/sql_part.h"
#include "collectors/sql/counts/count_estimate.h"
#include "collectors/sql/counts/count_grouping.h"
#include "collectors/sql/counts/count_kin.h"
#include "collectors/sql/counts/count_statement.h"

namespace collectors {

// Which counts of one table share a statement, by what PostgreSQL's planner says
// each way costs. Asking it takes some milliseconds, so what was chosen holds
// for an hour, as long as the counts are the same and the table has not doubled.
// Another database is not asked: there all share that may (Kin). One thread at a time.
class CountPlanner {
 public:
  explicit CountPlanner(SqlStatement options) : options_(std::move(options)) {}

  // Sees how large the table is, once a minute at most. To be called before the
  // others. Throws CollectError of kind kTimeout where the table is locked.
  void Look(const SqlRun& run, const SqlCount& count);
  // Whether the table is so large that mode auto takes the planner's estimate,
  // and was analyzed, so that there is a good one.
  bool EstimatesPlainCounts() const;

  // Groups of indexes into `counts`. Throws as Look.
  const std::vector<Indexes>& Groups(const SqlRun& run, const std::vector<const SqlCount*>& counts);
  // The choice was no good: the next one is new.
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
  std::optional<TableSize> size_;  // Absent where the server does not say.
  exporter::SteadyTime look_at_ = exporter::SteadyTime::min();
  std::vector<Indexes> groups_;
  std::vector<const SqlCount*> decided_for_;  // Empty where nothing is decided.
  exporter::SteadyTime decided_at_;
  double decided_rows_ = 0;
};

}  // namespace collectors
