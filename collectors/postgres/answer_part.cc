#include "collectors/postgres/answer_part.h"

namespace collectors {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::SteadyTime;

PartResult AnswerPart::Refresh(const SqlRun& run) {
  problems_.clear();
  try {
    Ask(run);
    last_success_ = run.now;
    return PartResult::kDone;
  } catch (const CollectError& error) {
    // The server answered, so the collector is up and only this part failed.
    if (EndsRun(error.kind())) throw;
    problems_ = {error.Of(name_)};
    return ResultOf(error);
  }
}

void AnswerPart::Write(exporter::FamilySet& families, SteadyTime now) const {
  const SeriesRules& rules = options_.rules;
  if (!last_success_ || now >= *last_success_ + rules.StaleAfter()) return;
  WriteAnswer(families, rules.ExpiryOf(*last_success_, now));
}

void AnswerPart::Note(ErrorKind kind, const std::string& text) {
  problems_.emplace_back(kind, text, name_);
}

}  // namespace collectors
