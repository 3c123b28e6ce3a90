#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "collectors/postgres/answer_part.h"
#include "collectors/postgres/process_idle.h"

namespace collectors {

struct ProcessIdleOptions {
  AnswerOptions answer;
  std::size_t limit = 100;  // The most pairs of application_name and state.
};

// How long sessions have been idle: one pass over pg_stat_activity.
class ProcessIdlePart : public AnswerPart {
 public:
  explicit ProcessIdlePart(const ProcessIdleOptions& options)
      : AnswerPart("process_idle", options.answer), limit_(options.limit) {}

  std::vector<exporter::SeriesId> Claims() const override;

 protected:
  void Ask(const SqlRun& run) override;
  void WriteAnswer(exporter::FamilySet& families,
                   std::optional<exporter::SteadyTime> expires_at) const override;

 private:
  std::size_t limit_;
  std::vector<IdleGroup> groups_;
};

}  // namespace collectors
