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

// The most expensive statements by pg_stat_statements, as a stable top list. A run takes one
// statement, which reads what the extension keeps in memory (5,000 rows by default), and one more
// to find the extension.
class StatementsPart : public AnswerPart {
 public:
  explicit StatementsPart(StatementsOptions options);

  std::vector<exporter::SeriesId> Claims() const override;

 protected:
  void Ask(const SqlRun& run) override;
  void WriteAnswer(exporter::FamilySet& families,
                   std::optional<exporter::SteadyTime> expires_at) const override;

 private:
  // Throws kMissing if the extension is not installed.
  static StatementsExtension FindExtension(const SqlRun& run);

  StatementChoice choice_;
  // Forgotten after every failure, because it may have been moved or replaced.
  std::optional<StatementsExtension> extension_;
  StatementTop top_;
  std::vector<StatementUse> shown_;
};

}  // namespace collectors
