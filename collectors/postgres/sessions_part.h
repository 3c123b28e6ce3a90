#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "collectors/postgres/answer_part.h"
#include "collectors/postgres/sessions.h"

namespace collectors {

struct SessionsOptions {
  AnswerOptions answer;
  std::size_t limit = 50;  // Series of a family, without `other`.
};

// Sessions, blockers and connections, in one statement over pg_stat_activity.
class SessionsPart : public AnswerPart {
 public:
  explicit SessionsPart(const SessionsOptions& options)
      : AnswerPart("sessions", options.answer), limit_(options.limit) {}

  std::vector<exporter::SeriesId> Claims() const override { return SessionClaims(); }

 protected:
  void Ask(const SqlRun& run) override;
  void WriteAnswer(exporter::FamilySet& families,
                   std::optional<exporter::SteadyTime> expires_at) const override;

 private:
  std::size_t limit_;
  SessionCounts counts_;
};

}  // namespace collectors
