#pragma once

#include <optional>
#include <vector>

#include "collectors/postgres/answer_part.h"
#include "collectors/postgres/statement_query.h"
#include "collectors/postgres/statement_top.h"

namespace collectors {

struct StatementsOptions {
  AnswerOptions answer;
  StatementChoice choice;
};

// The costliest statements by pg_stat_statements, as a top that is stable. One
// statement a run, which reads what the extension keeps in memory (5,000 rows
// by default); one more where the extension has to be found.
class StatementsPart : public AnswerPart {
 public:
  explicit StatementsPart(StatementsOptions options);

  std::vector<exporter::SeriesId> Claims() const override;

 protected:
  void Ask(const SqlRun& run) override;
  void WriteAnswer(exporter::FamilySet& families,
                   std::optional<exporter::SteadyTime> expires_at) const override;

 private:
  // Throws kMissing where it is not installed.
  static StatementsExtension FindExtension(const SqlRun& run);

  StatementChoice choice_;
  // Forgotten with every failure: it may have been moved, or replaced.
  std::optional<StatementsExtension> extension_;
  StatementTop top_;
  std::vector<StatementUse> shown_;
};

}  // namespace collectors
